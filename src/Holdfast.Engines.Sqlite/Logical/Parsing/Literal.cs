namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>One value of an INSERT statement.</summary>
internal unsafe struct Literal
{
    /// <summary>Kind of the value.</summary>
    public LiteralKind Kind;

    /// <summary>Value of an integer.</summary>
    public long Integer;

    /// <summary>Value of a floating-point number.</summary>
    public double Real;

    /// <summary>Address of a text or blob.</summary>
    public byte* Bytes;

    /// <summary>Length of a text or blob in bytes.</summary>
    public int Length;
}
