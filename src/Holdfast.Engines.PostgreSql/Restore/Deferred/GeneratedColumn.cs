using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>A generated column that needs a function of the database.</summary>
/// <param name="Schema">The schema of its table.</param>
/// <param name="Table">The name of its table.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsNotNull">Whether it refuses NULL.</param>
/// <param name="Type">Its type, as SQL.</param>
/// <param name="BaseType">Below a domain the type that it is of, as SQL; null where its type is none.</param>
/// <param name="Collation">Where its collation is not that of its type, what says so behind the type; else empty.</param>
/// <param name="Expression">What computes it, as SQL.</param>
internal sealed record GeneratedColumn(
    string Schema,
    string Table,
    string Name,
    bool IsNotNull,
    string Type,
    string? BaseType,
    string Collation,
    string Expression
)
{
    /// <summary>Its name in SQL.</summary>
    public string QuotedName => Sql.QuoteIdentifier(Name);

    /// <summary>Computes it for rows with the other columns of its table, without keeping anything.</summary>
    /// <param name="rows">The table that has them.</param>
    public string BuildEvaluationQuery(string rows) => $"SELECT pg_catalog.count(CAST({Expression} AS {Type})) FROM ONLY {rows}";

    /// <summary>Makes it an ordinary column.</summary>
    public string DropExpressionClause => $"ALTER COLUMN {QuotedName} DROP EXPRESSION";

    /// <summary>Makes it a generated one again, with the values of all rows.</summary>
    public string RecreateClause =>
        $"DROP COLUMN {QuotedName}, ADD COLUMN {QuotedName} {Type}{Collation} GENERATED ALWAYS AS ({Expression}) STORED"
        + (IsNotNull ? " NOT NULL" : "");
}
