namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>One value of an INSERT statement.</summary>
internal unsafe struct Literal
{
    /// <summary>What it is.</summary>
    public LiteralKind Kind;

    /// <summary>Value of an integer.</summary>
    public long Integer;

    /// <summary>Value of a floating-point number.</summary>
    public double Real;

    /// <summary>Where a text or blob stands.</summary>
    public byte* Bytes;

    /// <summary>Bytes of a text or blob.</summary>
    public int Length;
}
