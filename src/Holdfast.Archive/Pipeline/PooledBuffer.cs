using System.Buffers;

namespace Holdfast.Archive.Pipeline;

/// <summary>Bytes in a rented array. Whoever takes it last disposes it, once.</summary>
internal sealed class PooledBuffer(int capacity) : IDisposable
{
    private byte[]? _array = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Bytes in use, from the start.</summary>
    public int Length { get; set; }

    /// <summary>Most bytes it can take.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>The bytes in use.</summary>
    public Span<byte> Span => Array.AsSpan(0, Length);

    /// <summary>The bytes in use.</summary>
    public ReadOnlyMemory<byte> Memory => Array.AsMemory(0, Length);

    /// <summary>The bytes in use, to be filled.</summary>
    public Memory<byte> WritableMemory => Array.AsMemory(0, Length);

    /// <summary>The bytes not yet in use.</summary>
    public Span<byte> Free => Array.AsSpan(Length, Capacity - Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>
    /// The same bytes with room for that many at least: small files are many, so a buffer grows with what comes, four
    /// times at a time. Disposes this one.
    /// </summary>
    /// <param name="needed">Bytes that have to fit.</param>
    /// <param name="most">The most that it grows to. What is needed beyond that is for the caller to cut.</param>
    public PooledBuffer Grow(int needed, int most)
    {
        var larger = new PooledBuffer(Math.Min(most, Math.Max(Capacity * 4, needed))) { Length = Length };
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
