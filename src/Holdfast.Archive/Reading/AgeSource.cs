using Holdfast.Archive.Age;
using Holdfast.Archive.Age.Payload;
using Holdfast.Archive.Items;

namespace Holdfast.Archive.Reading;

/// <summary>Decrypts a file transparently if it is an age file.</summary>
internal static class AgeSource
{
    private static readonly byte[] Magic = "age-encryption.org/v1\n"u8.ToArray();

    /// <summary>
    /// Opens <paramref name="source"/> with <paramref name="keys"/> if it is encrypted, otherwise returns it unchanged. Disposes it on
    /// failure. <paramref name="canBeLength"/> helps to distinguish a truncated file from a damaged one.
    /// </summary>
    public static async Task<IByteSource> OpenAsync(
        IByteSource source,
        AgeKeys keys,
        Func<long, bool>? canBeLength,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await IsAgeAsync(source, cancellationToken)
                ? await AgeReader.OpenAsync(source, keys, canBeLength, cancellationToken)
                : source;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a file starts like an age file, even if it is truncated.</summary>
    public static async Task<bool> IsAgeAsync(IByteSource source, CancellationToken cancellationToken)
    {
        var start = new byte[Math.Min(source.Length, Magic.Length)];
        await source.ReadAsync(0, start, cancellationToken);
        return start.Length > 0 && start.AsSpan().SequenceEqual(Magic.AsSpan(0, start.Length));
    }
}
