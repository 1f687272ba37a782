namespace Holdfast.Archive.Reading;

/// <summary>One bit per page.</summary>
internal sealed class PageMap(byte[] bits)
{
    /// <summary>A map of <paramref name="pages"/> clear bits.</summary>
    public static PageMap Empty(long pages) => new(new byte[(pages + 7) / 8]);

    /// <summary>Whether the bit of <paramref name="page"/> is set; pages past the end have none.</summary>
    public bool this[long page] => page / 8 < bits.Length && (bits[page / 8] & (1 << (int)(page % 8))) != 0;

    /// <summary>Sets the bit of <paramref name="page"/>.</summary>
    public void Set(long page) => bits[page / 8] |= (byte)(1 << (int)(page % 8));

    /// <summary>The pages whose bits are set, in ascending order.</summary>
    public IEnumerable<long> Pages()
    {
        for (var i = 0L; i < bits.Length; i++)
        {
            for (var rest = bits[i]; rest != 0; rest &= (byte)(rest - 1)) yield return (i * 8) + byte.TrailingZeroCount(rest);
        }
    }
}
