using System.Buffers;

namespace Holdfast.Archive.Pipeline;

/// <summary>Bytes in a pooled array. The last owner disposes it, exactly once.</summary>
internal sealed class PooledBuffer(int capacity) : IDisposable
{
    private byte[]? _array = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Number of bytes in use.</summary>
    public int Length { get; set; }

    /// <summary>Maximum number of bytes.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>The bytes in use.</summary>
    public Span<byte> Span => Array.AsSpan(0, Length);

    /// <summary>The bytes in use.</summary>
    public ReadOnlyMemory<byte> Memory => Array.AsMemory(0, Length);

    /// <summary>The bytes in use, writable.</summary>
    public Memory<byte> WritableMemory => Array.AsMemory(0, Length);

    /// <summary>The bytes not yet in use.</summary>
    public Span<byte> Free => Array.AsSpan(Length, Capacity - Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>
    /// Returns a buffer with the same bytes and a larger capacity, and disposes this one. Small files are common, so buffers start small
    /// and grow by a factor of four.
    /// </summary>
    /// <param name="minCapacity">Required capacity, in bytes.</param>
    /// <param name="maxCapacity">Maximum capacity, in bytes; the caller splits larger data.</param>
    public PooledBuffer Grow(int minCapacity, int maxCapacity)
    {
        var larger = new PooledBuffer(Math.Min(maxCapacity, Math.Max(Capacity * 4, minCapacity))) { Length = Length };
        Span.CopyTo(larger.Span);
        Dispose();
        return larger;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_array is null)
        {
            return;
        }
        ArrayPool<byte>.Shared.Return(_array);
        _array = null;
    }
}
