using System.Text;
using Holdfast.Archive.Age.Payload;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>Encrypts short texts as age files in memory; used to store secrets.</summary>
public static class AgeText
{
    /// <summary>Encrypts a text.</summary>
    public static async Task<byte[]> SealAsync(string text, AgeProtection protection, CancellationToken cancellationToken)
    {
        var file = new MemoryStream();
        await using var sealer = new AgeSealer(
            protection,
            (bytes, _) =>
            {
                file.Write(bytes.Span);
                return ValueTask.CompletedTask;
            },
            1,
            cancellationToken
        );
        await sealer.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await sealer.CompleteAsync();
        return file.ToArray();
    }

    /// <summary>Decrypts a text.</summary>
    /// <param name="name">Name for error messages.</param>
    /// <param name="file">The age file.</param>
    /// <param name="keys">Keys to try.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="HoldfastException">No key opens it, or it was modified.</exception>
    public static async Task<string> OpenAsync(string name, ReadOnlyMemory<byte> file, AgeKeys keys, CancellationToken cancellationToken)
    {
        await using var reader = await AgeReader.OpenAsync(new MemorySource(name, file), keys, null, cancellationToken);
        var bytes = new byte[reader.Length];
        await reader.ReadAsync(0, bytes, cancellationToken);
        return Encoding.UTF8.GetString(bytes);
    }

    private sealed class MemorySource(string name, ReadOnlyMemory<byte> bytes) : IByteSource
    {
        public string Name => name;

        public long Length => bytes.Length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            if (offset > Length - buffer.Length)
            {
                throw new HoldfastException(ErrorCatalog.Truncated, $"'{name}' is truncated.");
            }
            bytes.Slice((int)offset, buffer.Length).CopyTo(buffer);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => default;
    }
}
