using Holdfast.Archive.Age;
using Holdfast.Archive.Age.Payload;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>Encrypts and decrypts in memory.</summary>
internal static class AgeFiles
{
    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static byte[] Plaintext(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    public static async Task<byte[]> SealAsync(AgeProtection protection, byte[] plaintext, int writeSize = 100_000)
    {
        var file = new MemoryStream();
        await using var sealer = new AgeSealer(protection, (bytes, token) => file.WriteAsync(bytes, token), 2, Stop);
        for (var start = 0; start < plaintext.Length; start += writeSize)
        {
            await sealer.WriteAsync(plaintext.AsMemory(start, Math.Min(writeSize, plaintext.Length - start)), Stop);
        }
        await sealer.CompleteAsync();
        return file.ToArray();
    }

    public static ValueTask<AgeReader> OpenAsync(byte[] file, AgeKeys keys, Func<long, bool>? canBeLength = null) =>
        AgeReader.OpenAsync(new MemorySource(file), keys, canBeLength, Stop);

    public static async Task<byte[]> ReadAllAsync(byte[] file, AgeKeys keys)
    {
        await using var reader = await OpenAsync(file, keys);
        var plaintext = new byte[reader.Length];
        await reader.ReadAsync(0, plaintext, Stop);
        return plaintext;
    }

    public static async Task<HoldfastException> RefusalAsync(byte[] file, AgeKeys keys, Func<long, bool>? canBeLength = null) =>
        await Assert.ThrowsAsync<HoldfastException>(async () =>
        {
            await using var reader = await OpenAsync(file, keys, canBeLength);
            await reader.ReadAsync(0, new byte[reader.Length], Stop);
        });
}
