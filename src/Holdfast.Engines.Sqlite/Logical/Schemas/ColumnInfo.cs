namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>A column that values are written to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Affinity">What it makes of values.</param>
/// <param name="IsNotNull">Whether NULL cannot be written.</param>
internal readonly record struct ColumnInfo(string Name, ColumnAffinity Affinity, bool IsNotNull)
{
    /// <summary>The rule of a declared type.</summary>
    public static ColumnAffinity GetAffinity(string type, bool isStrict)
    {
        bool Has(string part) => type.Contains(part, StringComparison.OrdinalIgnoreCase);
        if (isStrict)
        {
            return Has("INT") ? ColumnAffinity.StrictInteger
                : Has("REAL") ? ColumnAffinity.StrictReal
                : Has("TEXT") ? ColumnAffinity.StrictText
                : Has("BLOB") ? ColumnAffinity.StrictBlob
                : ColumnAffinity.None;
        }

        if (Has("INT"))
        {
            return ColumnAffinity.Numeric;
        }
        if (Has("CHAR") || Has("CLOB") || Has("TEXT"))
        {
            return ColumnAffinity.Text;
        }
        if (type.Length == 0 || Has("BLOB"))
        {
            return ColumnAffinity.None;
        }
        return Has("REAL") || Has("FLOA") || Has("DOUB") ? ColumnAffinity.Real : ColumnAffinity.Numeric;
    }
}
