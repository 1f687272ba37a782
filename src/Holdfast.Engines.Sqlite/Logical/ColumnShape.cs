namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>A column that values are written to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rule">What it makes of values.</param>
/// <param name="IsNotNull">Whether NULL cannot be written.</param>
internal readonly record struct ColumnShape(string Name, ColumnRule Rule, bool IsNotNull)
{
    /// <summary>The rule of a declared type.</summary>
    public static ColumnRule RuleOf(string type, bool isStrict)
    {
        bool Has(string part) => type.Contains(part, StringComparison.OrdinalIgnoreCase);
        if (isStrict)
        {
            return Has("INT") ? ColumnRule.OnlyInteger
                : Has("REAL") ? ColumnRule.OnlyReal
                : Has("TEXT") ? ColumnRule.OnlyText
                : Has("BLOB") ? ColumnRule.OnlyBlob
                : ColumnRule.None;
        }

        if (Has("INT"))
        {
            return ColumnRule.Numeric;
        }
        if (Has("CHAR") || Has("CLOB") || Has("TEXT"))
        {
            return ColumnRule.Text;
        }
        if (type.Length == 0 || Has("BLOB"))
        {
            return ColumnRule.None;
        }
        return Has("REAL") || Has("FLOA") || Has("DOUB") ? ColumnRule.Real : ColumnRule.Numeric;
    }
}
