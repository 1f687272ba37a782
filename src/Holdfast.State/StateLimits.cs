using System.Text;

namespace Holdfast.State;

/// <summary>etcd's default limits, which every store enforces.</summary>
public static class StateLimits
{
    /// <summary>Maximum number of conditions, and of changes, in one transaction.</summary>
    public const int OperationsPerTransaction = 128;

    /// <summary>Maximum size of a value, in bytes.</summary>
    public const int ValueBytes = 3 << 19;

    /// <summary>Maximum length of a key, in bytes of UTF-8.</summary>
    public const int KeyBytes = 4096;

    // Throws for strings that have no UTF-8 form: replacing the invalid part could make two keys equal.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Validates a transaction.</summary>
    /// <exception cref="ArgumentException">It exceeds a limit, or changes a key twice.</exception>
    public static void Check(StateTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.Conditions.Count > OperationsPerTransaction)
        {
            throw new ArgumentException(
                $"{transaction.Conditions.Count} conditions; a transaction may have {OperationsPerTransaction}.",
                nameof(transaction)
            );
        }
        if (transaction.Changes.Count > OperationsPerTransaction)
        {
            throw new ArgumentException(
                $"{transaction.Changes.Count} changes; a transaction may have {OperationsPerTransaction}.",
                nameof(transaction)
            );
        }
        foreach (var condition in transaction.Conditions)
        {
            Check(condition.Key);
        }
        var changed = new HashSet<string>(transaction.Changes.Count, StringComparer.Ordinal);
        foreach (var change in transaction.Changes)
        {
            Check(change.Key);
            if (!changed.Add(change.Key))
            {
                throw new ArgumentException($"'{change.Key}' is changed twice.", nameof(transaction));
            }
            if (change.Value?.Length > ValueBytes)
            {
                throw new ArgumentException(
                    $"The value of '{change.Key}' has {change.Value?.Length} bytes; it may have {ValueBytes}.",
                    nameof(transaction)
                );
            }
        }
    }

    /// <summary>Validates a key.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="ArgumentException">It is empty, too long, or not valid text.</exception>
    public static byte[] Check(string key)
    {
        var bytes = Bytes(key);
        return bytes.Length is > 0 and <= KeyBytes
            ? bytes
            : throw new ArgumentException($"A key has 1 to {KeyBytes} bytes; this one has {bytes.Length}.", nameof(key));
    }

    /// <summary>Returns the bytes of a key or of a key prefix.</summary>
    /// <exception cref="ArgumentException">It contains an unpaired surrogate.</exception>
    public static byte[] Bytes(string prefix) => Strict.GetBytes(prefix);
}
