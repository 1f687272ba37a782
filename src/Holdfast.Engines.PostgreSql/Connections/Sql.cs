using System.Data.Common;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>Names and values in SQL, and statements without ceremony.</summary>
internal static class Sql
{
    /// <summary>Quotes a name.</summary>
    public static string QuoteIdentifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The name that stands in SQL, quoted or not.</summary>
    public static string UnquoteIdentifier(string name) =>
        name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;

    /// <summary>Quotes a text.</summary>
    public static string QuoteLiteral(string text) =>
        text.Contains('\\', StringComparison.Ordinal)
            ? $" E'{text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'"
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Runs statements that give nothing back.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="sql">The statements.</param>
    /// <param name="cancellationToken">Stops them, at the server too.</param>
    /// <param name="seconds">How long they may take; null for as long as the connection lets them.</param>
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

    /// <summary>Gives the rows of a query.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="sql">The query.</param>
    /// <param name="read">Reads one row.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="parameters">Values for <c>$1</c> and so on.</param>
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

    /// <summary>Gives the name of something that all databases share (<see cref="NameEncoding.DecodeShared"/>).</summary>
    public static string GetSharedName(this DbDataReader row, int column) => NameEncoding.DecodeShared(row.GetFieldValue<byte[]>(column));

    /// <summary>Gives such a name that may be null.</summary>
    public static string? GetSharedNameOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetSharedName(column);

    /// <summary>Gives a text that may be null.</summary>
    public static string? GetStringOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
