using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Compares a new database with its dump: rows of each table, sequences, large objects. Runs before triggers and row
/// security are created, which could hide rows.
/// </summary>
internal static partial class ContentCheck
{
    // A dump contains only those rows of an extension's tables that match the extension's condition.
    private const string Conditions = """
        SELECT n.nspname, c.relname, u.condition
        FROM pg_catalog.pg_extension e, ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) u(id, condition)
             JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) u.id
             JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        """;

    // pg_dump loads the rows of a partition through its root if its bounds may differ in a new database (as with hashes
    // of an enum): the rows may end up in other partitions.
    private const string Roots = """
        SELECT n.nspname, c.relname, rn.nspname, r.relname
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) pg_catalog.pg_partition_root(c.oid)
             JOIN pg_catalog.pg_namespace rn ON rn.oid OPERATOR(pg_catalog.=) r.relnamespace
        WHERE c.relispartition
        """;

    /// <summary>
    /// Compares everything except the rows of tables that were counted before. The partitions of a table are compared
    /// as one.
    /// </summary>
    /// <param name="connection">A connection to the new database.</param>
    /// <param name="dump">The dump.</param>
    /// <param name="counted">Ids of the tables that were counted.</param>
    /// <param name="unmoved">Staging tables with rows that could not be moved, as SQL, by the rows' id in the dump.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Corrupt"/>, with the first difference.</exception>
    public static async Task RunAsync(
        NpgsqlConnection connection,
        DumpScanner dump,
        IReadOnlySet<int> counted,
        IReadOnlyDictionary<int, string> unmoved,
        CancellationToken cancellationToken
    )
    {
        var conditions = (
            await connection.QueryAsync(
                Conditions,
                r => (Schema: r.GetString(0), Name: r.GetString(1), Condition: r.GetString(2)),
                cancellationToken
            )
        ).ToDictionary(c => (c.Schema, c.Name), c => c.Condition);
        var roots = (
            await connection.QueryAsync(
                Roots,
                r => (Partition: (r.GetString(0), r.GetString(1)), Root: (r.GetString(2), r.GetString(3))),
                cancellationToken
            )
        ).ToDictionary(p => p.Partition, p => p.Root);
        var tables = new Dictionary<(string Schema, string Name), (long Found, long Expected)>();
        foreach (var entry in dump.Header.Entries)
        {
            if (entry.Kind == TocEntry.TableData)
            {
                if (counted.Contains(entry.Id))
                {
                    continue;
                }
                var table = (entry.Schema ?? "", entry.Name);
                var root = roots.GetValueOrDefault(table, table);
                var (found, expected) = tables.GetValueOrDefault(root);
                found += await CountRowsAsync(connection, entry, conditions.GetValueOrDefault(table, ""), cancellationToken);
                if (unmoved.TryGetValue(entry.Id, out var stagingTable))
                {
                    found += await CountRowsAsync(connection, stagingTable, "", cancellationToken);
                }
                tables[root] = (found, expected + entry.Rows);
            }
            else if (entry.Kind == TocEntry.SequenceSet && Value().Match(entry.Definition!) is { Success: true } match)
            {
                var value = (
                    await connection.QueryAsync(
                        $"SELECT last_value, is_called FROM {Sql.QuoteIdentifier(entry.Schema!)}.{Sql.QuoteIdentifier(entry.Name)}",
                        r => string.Create(CultureInfo.InvariantCulture, $"{r.GetInt64(0)}, {(r.GetBoolean(1) ? "true" : "false")}"),
                        cancellationToken
                    )
                )[0];
                if (value != match.Groups[1].Value)
                {
                    throw Differs(
                        $"the sequence '{entry.Schema}.{entry.Name}' is at {value}; in the dump it is at {match.Groups[1].Value}"
                    );
                }
            }
        }

        foreach (var ((schema, name), (found, expected)) in tables)
        {
            VerifyCount(schema, name, found, expected);
        }
        var objects = (
            await connection.QueryAsync(
                "SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata",
                r => r.GetInt64(0),
                cancellationToken
            )
        )[0];
        if (objects != dump.LargeObjects)
        {
            throw Differs($"it has {objects} large objects; the dump has {dump.LargeObjects}");
        }
    }

    /// <summary>Compares the rows of a table that is loaded directly.</summary>
    /// <param name="connection">A connection to the new database.</param>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Corrupt"/> if the number of rows differs.</exception>
    public static async Task VerifyRowCountAsync(NpgsqlConnection connection, TocEntry table, CancellationToken cancellationToken) =>
        VerifyCount(table.Schema!, table.Name, await CountRowsAsync(connection, table, "", cancellationToken), table.Rows);

    // The condition selects the rows that are in the dump: WHERE …; empty for all.
    private static Task<long> CountRowsAsync(
        NpgsqlConnection connection,
        TocEntry table,
        string condition,
        CancellationToken cancellationToken
    ) =>
        CountRowsAsync(connection, $"{Sql.QuoteIdentifier(table.Schema!)}.{Sql.QuoteIdentifier(table.Name)}", condition, cancellationToken);

    private static async Task<long> CountRowsAsync(
        NpgsqlConnection connection,
        string table,
        string condition,
        CancellationToken cancellationToken
    ) =>
        (await connection.QueryAsync($"SELECT pg_catalog.count(*) FROM ONLY {table} {condition}", r => r.GetInt64(0), cancellationToken))[
            0
        ];

    private static void VerifyCount(string schema, string name, long found, long expected)
    {
        if (found != expected)
        {
            throw Differs($"the table '{schema}.{name}' has {found} rows; the dump has {expected}");
        }
    }

    private static HoldfastException Differs(string what) =>
        new(
            ErrorCatalog.Corrupt,
            $"The new database differs from the one that was backed up: {what}.",
            "It was removed. Check the server's log, and restore again."
        );

    [GeneratedRegex(@", (-?[0-9]+, (?:true|false))\);\s*\z")]
    private static partial Regex Value();
}
