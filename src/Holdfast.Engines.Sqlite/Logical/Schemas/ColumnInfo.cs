namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>A column that stores values.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Affinity">How it converts values.</param>
/// <param name="IsNotNull">Whether it rejects NULL.</param>
internal readonly record struct ColumnInfo(string Name, ColumnAffinity Affinity, bool IsNotNull)
{
    /// <summary>Returns the affinity of a declared type.</summary>
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
