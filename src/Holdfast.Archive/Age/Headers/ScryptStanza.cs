using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age.Headers;

/// <summary>
/// The file key wrapped for a passphrase: <c>-> scrypt &lt;salt&gt; &lt;log2 of the cost&gt;</c>, always the only stanza.
/// </summary>
internal static class ScryptStanza
{
    /// <summary>First argument.</summary>
    public const string Type = "scrypt";

    /// <summary>128 MiB and about half a second: half the cost that age uses, so that a node stays within its memory limit.</summary>
    public const int DefaultWorkFactor = 17;

    /// <summary>4 GiB: the maximum that can be allowed.</summary>
    public const int MaxWorkFactor = 22;

    private const int SaltSize = 16;

    // One derivation at a time: each takes 128 MiB or more.
    private static readonly Lock OneAtATime = new();

    /// <summary>Wraps a file key with a new salt.</summary>
    public static Stanza Wrap(ReadOnlySpan<byte> fileKey, string passphrase, int workFactor)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        Span<byte> wrappingKey = stackalloc byte[32];
        Derive(passphrase, salt, workFactor, wrappingKey);
        var body = FileKey.Wrap(wrappingKey, fileKey);
        CryptographicOperations.ZeroMemory(wrappingKey);
        return new(Type, [AgeBase64.Encode(salt), workFactor.ToString(CultureInfo.InvariantCulture)], body);
    }

    /// <summary>Unwraps the file key; null if the passphrase is wrong.</summary>
    /// <param name="stanza">The stanza.</param>
    /// <param name="passphrase">The passphrase.</param>
    /// <param name="maxWorkFactor">The maximum cost to accept, because the stanza is untrusted.</param>
    /// <exception cref="FormatException">It is not a valid scrypt stanza.</exception>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Refused"/> if the cost is higher.</exception>
    public static byte[]? TryUnwrap(Stanza stanza, string passphrase, int maxWorkFactor)
    {
        var (salt, workFactor) = ParseArguments(stanza);
        if (workFactor > maxWorkFactor)
        {
            throw new HoldfastException(
                ErrorCatalog.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Its passphrase has the work factor {workFactor}, which takes {1L << (workFactor - 10)} MiB of memory; the "
                        + $"maximum is {maxWorkFactor}."
                ),
                $"If you trust its author, allow it: --max-work-factor {workFactor.ToString(CultureInfo.InvariantCulture)}"
            );
        }

        Span<byte> wrappingKey = stackalloc byte[32];
        Derive(passphrase, salt, workFactor, wrappingKey);
        var fileKey = FileKey.TryUnwrap(wrappingKey, stanza.Body);
        CryptographicOperations.ZeroMemory(wrappingKey);
        return fileKey;
    }

    private static (byte[] Salt, int WorkFactor) ParseArguments(Stanza stanza)
    {
        if (
            stanza.Arguments is not [var text, var cost]
            || !AgeBase64.TryDecode(Encoding.ASCII.GetBytes(text), out var salt)
            || salt.Length != SaltSize
        )
        {
            throw new FormatException("the scrypt stanza has no salt");
        }
        if (stanza.Body.Length != FileKey.WrappedSize)
        {
            throw new FormatException($"the scrypt stanza has a body of {stanza.Body.Length} bytes");
        }
        var isNumber = cost.Length <= 2 && cost[0] != '0' && int.TryParse(cost, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        var workFactor = isNumber ? int.Parse(cost, CultureInfo.InvariantCulture) : int.MaxValue;
        return workFactor <= MaxWorkFactor
            ? (salt, workFactor)
            : throw new FormatException($"its scrypt work factor is not in the range 1 to {MaxWorkFactor}");
    }

    private static void Derive(string passphrase, ReadOnlySpan<byte> salt, int workFactor, Span<byte> wrappingKey)
    {
        var secret = Encoding.UTF8.GetBytes(passphrase);
        lock (OneAtATime)
        {
            Sodium.Scrypt(secret, [.. "age-encryption.org/v1/scrypt"u8, .. salt], workFactor, wrappingKey);
        }
        CryptographicOperations.ZeroMemory(secret);
    }
}
