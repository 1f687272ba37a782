using System.Buffers;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// Consecutive bytes of a file that is being written, shared by the queues of all destinations. One writer fills it; then it is read-only.
/// It returns to the pool when the last reference is released.
/// </summary>
internal sealed class OutputBlock
{
    /// <summary>Maximum length, in bytes. Below the size of large objects, so that the pool may drop blocks cheaply.</summary>
    public const int MaxBytes = 64 << 10;

    private readonly OutputMemory _memory;
    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(MaxBytes);
    private int _references = 1; // that of the writer
    private int _isReserved;
    private volatile bool _isAbandoned;

    /// <summary>Creates an empty block.</summary>
    /// <param name="file">The file that the bytes belong to.</param>
    /// <param name="memory">Limits the memory of blocks that wait in a queue.</param>
    public OutputBlock(OutputFile file, OutputMemory memory) => (File, _memory) = (file, memory);

    /// <summary>The file that the bytes belong to.</summary>
    public OutputFile File { get; }

    /// <summary>Number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Whether nothing can be appended.</summary>
    public bool IsFull => Length == MaxBytes;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, Length);

    /// <summary>Appends as many bytes as fit.</summary>
    /// <returns>The rest.</returns>
    public ReadOnlyMemory<byte> Append(ReadOnlyMemory<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, MaxBytes - Length);
        bytes.Span[..taken].CopyTo(_bytes.AsSpan(Length));
        Length += taken;
        return bytes[taken..];
    }

    /// <summary>Adds a reference for a queue, and reserves memory with the first one.</summary>
    /// <param name="force">Whether to add it even if the memory is used up.</param>
    /// <returns>Whether it was added.</returns>
    public bool TryAddReference(bool force)
    {
        if (Volatile.Read(ref _isReserved) == 0) // only the writer adds references
        {
            if (force)
            {
                _memory.Reserve(MaxBytes);
            }
            else if (!_memory.TryReserve(MaxBytes))
            {
                return false;
            }
            Volatile.Write(ref _isReserved, 1);
        }
        Interlocked.Increment(ref _references);
        return true;
    }

    /// <summary>Releases a reference while a call that has timed out may still read the bytes: they do not return to the pool.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        Release();
    }

    /// <summary>Releases a reference. The bytes must not be used afterwards.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
        {
            return;
        }
        if (!_isAbandoned)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
        if (Volatile.Read(ref _isReserved) == 1)
        {
            _memory.Release(MaxBytes);
        }
    }
}
