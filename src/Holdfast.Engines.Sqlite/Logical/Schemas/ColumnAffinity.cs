namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>
/// What a column makes of the values that are written to it
/// (https://sqlite.org/datatype3.html#determination_of_column_affinity).
/// </summary>
internal enum ColumnAffinity : byte
{
    /// <summary>It takes all as they are.</summary>
    None,

    /// <summary>Numbers become text.</summary>
    Text,

    /// <summary>Text that looks like a number becomes one, and a floating-point number without a fraction an integer.</summary>
    Numeric,

    /// <summary>Text that looks like a number becomes a floating-point number.</summary>
    Real,

    /// <summary>Of a STRICT table: integers.</summary>
    StrictInteger,

    /// <summary>Of a STRICT table: floating-point numbers.</summary>
    StrictReal,

    /// <summary>Of a STRICT table: text.</summary>
    StrictText,

    /// <summary>Of a STRICT table: blobs.</summary>
    StrictBlob,
}
