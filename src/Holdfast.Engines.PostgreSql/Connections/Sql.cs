using System.Data.Common;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>Quotes names and values, and runs statements.</summary>
internal static class Sql
{
    /// <summary>Quotes an identifier.</summary>
    public static string QuoteIdentifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Returns the name of an identifier that may be quoted.</summary>
    public static string UnquoteIdentifier(string name) =>
        name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;

    /// <summary>Quotes a literal.</summary>
    public static string QuoteLiteral(string text) =>
        text.Contains('\\', StringComparison.Ordinal)
            ? $" E'{text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'"
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Runs statements that return no rows.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="sql">The statements.</param>
    /// <param name="cancellationToken">Cancels them, on the server as well.</param>
    /// <param name="seconds">Timeout in seconds; null for that of the connection.</param>
    public static async Task ExecuteAsync(
        this NpgsqlConnection connection,
        string sql,
        CancellationToken cancellationToken,
        int? seconds = null
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (seconds is { } most)
        {
            command.CommandTimeout = most;
        }
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the rows of a query.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="sql">The query.</param>
    /// <param name="read">Converts one row.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <param name="parameters">Values of <c>$1</c> and so on.</param>
    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection,
        string sql,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken,
        params object[] parameters
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    /// <summary>Returns the name of a shared object (<see cref="NameEncoding.DecodeShared"/>).</summary>
    public static string GetSharedName(this DbDataReader row, int column) => NameEncoding.DecodeShared(row.GetFieldValue<byte[]>(column));

    /// <summary>Returns such a name, or null.</summary>
    public static string? GetSharedNameOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetSharedName(column);

    /// <summary>Returns a text, or null.</summary>
    public static string? GetStringOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
