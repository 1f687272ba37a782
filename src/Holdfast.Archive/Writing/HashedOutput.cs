using System.Security.Cryptography;

namespace Holdfast.Archive.Writing;

/// <summary>Hashes the bytes of a file in parallel with writing them to the destinations.</summary>
/// <param name="output">Receives the bytes, one call at a time.</param>
internal sealed class HashedOutput(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output) : IDisposable
{
    // Below this size a second thread costs more than it saves.
    private const int WorthAThread = 128 << 10;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Number of bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Hashes and writes bytes.</summary>
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
            await hashing; // the caller may reuse the memory after this
        }
    }

    /// <summary>Returns the hash of all bytes, Base64. To be called once, at the end.</summary>
    public string Sha256() => Convert.ToBase64String(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
