namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>The kinds of literals.</summary>
internal enum LiteralKind
{
    /// <summary>NULL.</summary>
    Null,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A floating-point number.</summary>
    Real,

    /// <summary>Text, as UTF-8.</summary>
    Text,

    /// <summary>A blob.</summary>
    Blob,

    /// <summary>Text, given as the bytes that the database stores.</summary>
    CastText,
}
