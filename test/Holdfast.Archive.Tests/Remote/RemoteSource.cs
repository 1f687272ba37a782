using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Remote;

/// <summary>
/// A file whose reads are requests, which it counts. Its beginning came with the request that opened it, as from an S3 store. It can have
/// several copies.
/// </summary>
internal sealed class RemoteSource(string name, params byte[][] copies) : IByteSource
{
    private const int FirstBytes = 256 << 10;

    private readonly Lock _gate = new();
    private int _copy;
    private int _inFlight;

    /// <summary>Number of requests, including the one that opened it.</summary>
    public int Requests { get; private set; } = 1;

    /// <summary>Bytes of all answers but the first.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Maximum number of requests at once.</summary>
    public int MaxInFlight { get; private set; }

    public string Name => name;

    public long Length => copies[0].Length;

    public bool IsRemote => true;

    public int Copy => Volatile.Read(ref _copy);

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset + buffer.Length > FirstBytes)
        {
            await AnswerAsync(buffer.Length, cancellationToken);
        }
        CopyTo(offset, buffer);
    }

    public async Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        await AnswerAsync(length, cancellationToken);
        var bytes = new byte[length];
        CopyTo(offset, bytes);
        return new MemoryStream(bytes);
    }

    public ValueTask<bool> TryNextCopyAsync(int damaged, HoldfastException problem, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (damaged < _copy)
            {
                return new(true);
            }
            if (_copy == copies.Length - 1)
            {
                return new(false);
            }
            _copy++;
            return new(true);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void CopyTo(long offset, Memory<byte> buffer) => copies[Copy].AsMemory((int)offset, buffer.Length).CopyTo(buffer);

    private async Task AnswerAsync(long length, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Requests++;
            BytesRead += length;
            _inFlight++;
            MaxInFlight = Math.Max(MaxInFlight, _inFlight);
        }
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        lock (_gate)
        {
            _inFlight--;
        }
    }
}
