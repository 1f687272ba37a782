using System.Security.Cryptography;

namespace Holdfast.Archive.Writing;

/// <summary>Hashes the bytes of a file on their way to its destinations, beside their being written.</summary>
/// <param name="output">Takes the bytes, one call at a time.</param>
internal sealed class HashedOutput(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output) : IDisposable
{
    // Below this handing over to another thread costs more than it saves.
    private const int WorthAThread = 128 << 10;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Hands bytes on.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Length += bytes.Length;
        if (bytes.Length < WorthAThread)
        {
            _hash.AppendData(bytes.Span);
            await output(bytes, cancellationToken);
            return;
        }

        var hashing = Task.Run(() => _hash.AppendData(bytes.Span), CancellationToken.None);
        try
        {
            await output(bytes, cancellationToken);
        }
        finally
        {
            await hashing; // the memory is the caller's again after this
        }
    }

    /// <summary>The hash of all bytes, Base64. Once, at the end.</summary>
    public string Sha256() => Convert.ToBase64String(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
