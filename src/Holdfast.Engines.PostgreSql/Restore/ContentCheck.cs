using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Compares a new database with the dump that it was made from: rows of each table, sequences, large objects. It is done before triggers and row security
/// are made, which could hide rows.
/// </summary>
internal static partial class ContentCheck
{
    // Of an extension's tables only the rows that the condition of the extension tells are in a dump.
    private const string Conditions = """
        SELECT n.nspname, c.relname, u.condition
        FROM pg_extension e, unnest(e.extconfig, e.extcondition) u(id, condition) JOIN pg_class c ON c.oid = u.id JOIN pg_namespace n ON n.oid = c.relnamespace
        """;

    /// <summary>Compares all but the rows of tables that were counted before.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/>, with the first thing that differs.</exception>
    public static async Task RunAsync(NpgsqlConnection connection, DumpScanner dump, IReadOnlySet<int> counted, CancellationToken cancellationToken)
    {
        var conditions = (await connection.QueryAsync(Conditions, r => (Schema: r.GetString(0), Name: r.GetString(1), Condition: r.GetString(2)), cancellationToken)).ToDictionary(c => (c.Schema, c.Name), c => c.Condition);
        foreach (var entry in dump.Head.Entries)
        {
            if (entry.Kind == TocEntry.TableData)
            {
                if (!counted.Contains(entry.Id)) await CountAsync(connection, entry, conditions.GetValueOrDefault((entry.Schema ?? "", entry.Name), ""), cancellationToken);
            }
            else if (entry.Kind == TocEntry.SequenceSet && Value().Match(entry.Definition!) is { Success: true } match)
            {
                var value = (await connection.QueryAsync($"SELECT last_value || ', ' || is_called FROM {Sql.Name(entry.Schema!)}.{Sql.Name(entry.Name)}", r => r.GetString(0), cancellationToken))[0];
                if (value != match.Groups[1].Value) throw Differs($"the sequence '{entry.Schema}.{entry.Name}' is at {value}; the dump says {match.Groups[1].Value}");
            }
        }

        var objects = (await connection.QueryAsync("SELECT count(*) FROM pg_largeobject_metadata", r => r.GetInt64(0), cancellationToken))[0];
        if (objects != dump.LargeObjects) throw Differs($"it has {objects} large objects; the dump has {dump.LargeObjects}");
    }

    /// <summary>Compares the rows of one table.</summary>
    /// <param name="connection">A connection to the new database.</param>
    /// <param name="table">The table.</param>
    /// <param name="condition">Which of its rows are in the dump: <c>WHERE …</c>; empty for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/> when it has others.</exception>
    public static async Task CountAsync(NpgsqlConnection connection, TocEntry table, string condition, CancellationToken cancellationToken)
    {
        var rows = (await connection.QueryAsync($"SELECT count(*) FROM ONLY {Sql.Name(table.Schema!)}.{Sql.Name(table.Name)} {condition}", r => r.GetInt64(0), cancellationToken))[0];
        if (rows != table.Rows) throw Differs($"the table '{table.Schema}.{table.Name}' has {rows} rows; the dump has {table.Rows}");
    }

    private static HoldfastException Differs(string what) => new(ErrorCatalogue.Corrupt, $"The new database is not what was backed up: {what}.", "Nothing is left of it. Look at the server's log, and restore again.");

    [GeneratedRegex(@", (-?[0-9]+, (?:true|false))\);\s*\z")]
    private static partial Regex Value();
}
