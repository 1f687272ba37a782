using System.Text;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>
/// Classifies definitions by their first words: SQLite always stores them in this form, however they were typed.
/// </summary>
internal static class StatementClassifier
{
    private static readonly (byte[] Begin, StatementKind Kind)[] Definitions =
    [
        ("CREATE TABLE "u8.ToArray(), StatementKind.CreateTable),
        ("CREATE VIRTUAL TABLE "u8.ToArray(), StatementKind.CreateVirtualTable),
        ("CREATE INDEX "u8.ToArray(), StatementKind.CreateIndex),
        ("CREATE UNIQUE INDEX "u8.ToArray(), StatementKind.CreateIndex),
        ("CREATE VIEW "u8.ToArray(), StatementKind.CreateView),
        ("CREATE TRIGGER "u8.ToArray(), StatementKind.CreateTrigger),
    ];

    /// <summary>Returns the kind of a definition, or null if it is not a definition.</summary>
    public static StatementKind? ClassifyDefinition(ReadOnlySpan<byte> sql)
    {
        foreach (var (begin, kind) in Definitions)
        {
            if (sql.Length >= begin.Length && Ascii.EqualsIgnoreCase(sql[..begin.Length], begin))
            {
                return kind;
            }
        }

        return null;
    }

    /// <summary>Returns the length of the words that say what a definition creates; 0 if it is not a definition.</summary>
    public static int GetPrefixLength(string sql)
    {
        foreach (var (begin, _) in Definitions)
        {
            if (sql.Length >= begin.Length && Ascii.EqualsIgnoreCase(sql.AsSpan(0, begin.Length), begin))
            {
                return begin.Length;
            }
        }

        return 0;
    }

    /// <summary>Returns the kind of a definition, or null if it is not a definition.</summary>
    public static StatementKind? ClassifyDefinition(string sql) => ClassifyDefinition(Encoding.UTF8.GetBytes(sql));
}
