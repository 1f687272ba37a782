using System.Numerics;

namespace Holdfast.Archive.Reading;

/// <summary>One bit per page.</summary>
internal sealed class PageMap(byte[] bits)
{
    private byte[] _bits = bits;

    /// <summary>Creates a map of <paramref name="pages"/> clear bits.</summary>
    public static PageMap Empty(long pages) => new(new byte[(pages + 7) / 8]);

    /// <summary>Whether the bit of <paramref name="page"/> is set; pages past the end have none.</summary>
    public bool this[long page] => page / 8 < _bits.Length && (_bits[page / 8] & (1 << (int)(page % 8))) != 0;

    /// <summary>Sets the bit of <paramref name="page"/>.</summary>
    public void Set(long page) => _bits[page / 8] |= (byte)(1 << (int)(page % 8));

    /// <summary>Returns the pages whose bits are set, in ascending order.</summary>
    public IEnumerable<long> Pages()
    {
        for (var i = 0L; i < _bits.Length; i++)
        {
            for (var rest = _bits[i]; rest != 0; rest &= (byte)(rest - 1))
            {
                yield return (i * 8) + byte.TrailingZeroCount(rest);
            }
        }
    }

    /// <summary>Returns the number of bits that are set.</summary>
    public long Count() => CountBelow(_bits.Length * 8L);

    /// <summary>Returns the number of bits that are set among the first <paramref name="pages"/>.</summary>
    public long CountBelow(long pages)
    {
        var whole = (int)Math.Min(pages / 8, _bits.Length);
        long count = 0;
        foreach (var b in _bits.AsSpan(0, whole))
        {
            count += BitOperations.PopCount(b);
        }
        if (whole < _bits.Length && pages % 8 != 0)
        {
            count += BitOperations.PopCount(_bits[whole] & ((1u << (int)(pages % 8)) - 1));
        }
        return count;
    }

    /// <summary>Sets all bits that are set in another map; grows if necessary.</summary>
    public void Add(PageMap other)
    {
        Grow(other._bits.Length);
        for (var i = 0; i < other._bits.Length; i++)
        {
            _bits[i] |= other._bits[i];
        }
    }

    /// <summary>Sets the first <paramref name="pages"/> bits; grows if necessary.</summary>
    public void AddFirst(long pages)
    {
        Grow((int)((pages + 7) / 8));
        _bits.AsSpan(0, (int)(pages / 8)).Fill(0xFF);
        if (pages % 8 != 0)
        {
            _bits[pages / 8] |= (byte)((1 << (int)(pages % 8)) - 1);
        }
    }

    private void Grow(int bytes)
    {
        if (bytes > _bits.Length)
        {
            Array.Resize(ref _bits, bytes);
        }
    }
}
