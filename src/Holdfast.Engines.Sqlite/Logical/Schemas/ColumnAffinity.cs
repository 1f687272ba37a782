namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>
/// How a column converts the values that are written to it
/// (https://sqlite.org/datatype3.html#determination_of_column_affinity).
/// </summary>
internal enum ColumnAffinity : byte
{
    /// <summary>Values are stored unchanged.</summary>
    None,

    /// <summary>Numbers become text.</summary>
    Text,

    /// <summary>
    /// Text that looks like a number becomes a number, and a floating-point number without a fraction becomes an
    /// integer.
    /// </summary>
    Numeric,

    /// <summary>Text that looks like a number becomes a floating-point number.</summary>
    Real,

    /// <summary>Column of a STRICT table: integers.</summary>
    StrictInteger,

    /// <summary>Column of a STRICT table: floating-point numbers.</summary>
    StrictReal,

    /// <summary>Column of a STRICT table: text.</summary>
    StrictText,

    /// <summary>Column of a STRICT table: blobs.</summary>
    StrictBlob,
}
