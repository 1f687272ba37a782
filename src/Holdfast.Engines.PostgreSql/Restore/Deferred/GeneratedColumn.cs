using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>A generated column that depends on a function of the database.</summary>
internal sealed record GeneratedColumn
{
    /// <summary>The schema of its table.</summary>
    public required string Schema { get; init; }

    /// <summary>The name of its table.</summary>
    public required string Table { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is NOT NULL.</summary>
    public required bool IsNotNull { get; init; }

    /// <summary>Its type, as SQL.</summary>
    public required string Type { get; init; }

    /// <summary>The base type if its type is a domain, as SQL; else null.</summary>
    public string? BaseType { get; init; }

    /// <summary>The COLLATE clause if its collation is not that of its type; else empty.</summary>
    public required string Collation { get; init; }

    /// <summary>Its expression, as SQL.</summary>
    public required string Expression { get; init; }

    /// <summary>Its quoted name.</summary>
    public string QuotedName => Sql.QuoteIdentifier(Name);

    /// <summary>Returns a query that evaluates the expression for all rows and stores nothing.</summary>
    /// <param name="rows">The table that contains the rows.</param>
    public string BuildEvaluationQuery(string rows) => $"SELECT pg_catalog.count(CAST({Expression} AS {Type})) FROM ONLY {rows}";

    /// <summary>The clause that converts it to an ordinary column.</summary>
    public string DropExpressionClause => $"ALTER COLUMN {QuotedName} DROP EXPRESSION";

    /// <summary>The clause that makes it a generated column again, with values for all rows.</summary>
    public string RecreateClause =>
        $"DROP COLUMN {QuotedName}, ADD COLUMN {QuotedName} {Type}{Collation} GENERATED ALWAYS AS ({Expression}) STORED"
        + (IsNotNull ? " NOT NULL" : "");
}
