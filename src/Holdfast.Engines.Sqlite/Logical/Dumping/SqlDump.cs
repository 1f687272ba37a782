using System.Globalization;
using System.IO.Pipelines;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Writes a database as SQL that <see cref="SqlLoad"/> and the sqlite3 program turn into an equal database. Equal
/// contents give equal bytes: schema objects in the order of their creation, rows in the order of their keys.
/// </summary>
internal static class SqlDump
{
    /// <summary>
    /// Creates a table that leaves <c>sqlite_sequence</c> behind, for databases in which no other table would.
    /// </summary>
    public const string MakeSequence = "CREATE TABLE holdfast_sequence(id INTEGER PRIMARY KEY AUTOINCREMENT)";

    /// <summary>Drops that table.</summary>
    public const string DropSequence = "DROP TABLE holdfast_sequence";

    /// <summary>Creates the statistics tables.</summary>
    public const string Analyze = "ANALYZE sqlite_schema";

    /// <summary>
    /// Writes the contents that <paramref name="connection"/> sees in the read transaction that the caller has started;
    /// returns the properties that a restored copy must share.
    /// </summary>
    /// <exception cref="HoldfastException">The database cannot be read, or cannot be expressed as a script.</exception>
    public static Task<IReadOnlyDictionary<string, string>> WriteAsync(
        SqliteConnection connection,
        PipeWriter output,
        CancellationToken cancellationToken
    ) => WriteAsync(connection, output, DumpPlan.SchemaLimits, cancellationToken);

    /// <summary>Writes the database within the given limits.</summary>
    internal static async Task<IReadOnlyDictionary<string, string>> WriteAsync(
        SqliteConnection connection,
        PipeWriter output,
        LoadLimits limits,
        CancellationToken cancellationToken
    )
    {
        var size = connection.QueryInt64("PRAGMA page_count") * connection.QueryInt64("PRAGMA page_size");
        using var room = HeapLimit.Reserve(size);
        using var plan = DumpPlan.Create(connection, limits, cancellationToken);
        var facts = plan.Fingerprint;
        var script = new ScriptOutput(output, cancellationToken);
        var digest = new TableDigest();
        var rows = 0L;
        await script.WriteStatementAsync("PRAGMA foreign_keys=OFF");
        await script.WriteStatementAsync($"PRAGMA encoding='{facts["encoding"]}'");
        await script.WriteStatementAsync(FormatPragma(connection, "page_size"));
        await script.WriteStatementAsync(FormatPragma(connection, "auto_vacuum"));
        await script.WriteStatementAsync("PRAGMA ignore_check_constraints=ON");
        await script.WriteStatementAsync("BEGIN");
        if (plan.NeedsSequenceTable)
        {
            await script.WriteStatementAsync(MakeSequence);
            await script.WriteStatementAsync(DropSequence);
        }

        foreach (var table in plan.Tables)
        {
            await script.WriteStatementAsync(table.Definition);
            plan.Uniqueness.BeginTable(table);
            var written = await RowsAsync(table);
            plan.Uniqueness.CompleteTable(table, written);
            rows += written;
        }

        if (plan.VirtualTables.Count > 0)
        {
            // Virtual tables are committed before their shadow tables are filled, so that no module still buffers
            // changes.
            await script.WriteStatementAsync("COMMIT");
            await script.WriteStatementAsync("BEGIN");
            foreach (var table in plan.VirtualTables)
            {
                await script.WriteStatementAsync(table.Definition);
            }
            await script.WriteStatementAsync("COMMIT");
            await script.WriteStatementAsync("BEGIN");
        }

        foreach (var (table, isCreated) in plan.ShadowTables)
        {
            await script.WriteStatementAsync(isCreated ? $"DELETE FROM {Sql.QuoteIdentifier(table.Name)}" : table.Definition);
            rows += await RowsAsync(table);
        }

        foreach (var item in plan.Schema.IndexesViewsAndTriggers)
        {
            await script.WriteStatementAsync(item.Definition);
        }
        if (plan.Schema.FindInternalTable("sqlite_sequence") is { } sequence)
        {
            await script.WriteStatementAsync("DELETE FROM \"sqlite_sequence\"");
            rows += await RowsAsync(sequence);
        }

        await script.WriteStatementAsync(FormatPragma(connection, "user_version"));
        await script.WriteStatementAsync(FormatPragma(connection, "application_id"));
        await script.WriteStatementAsync("COMMIT");
        await StatisticsAsync();
        await script.WriteStatementAsync(
            $"PRAGMA journal_mode={(connection.IsWal ?? connection.QueryText("PRAGMA journal_mode") == "wal" ? "wal" : "delete")}"
        ); // always the last statement
        await script.FlushAsync();
        var pages = connection.QueryInt64("PRAGMA page_count") - connection.QueryInt64("PRAGMA freelist_count");
        if (pages * connection.QueryInt64("PRAGMA page_size") > new LoadLimits().GetMaxDatabaseBytes(script.Bytes))
        {
            throw Sql.NotExportable(
                $"'{connection.FilePath}' has {pages:N0} pages and makes a script of {script.Bytes:N0} bytes: a restore would refuse "
                    + "to load so much from so little."
            );
        }
        facts["rows"] = rows.ToString(CultureInfo.InvariantCulture);
        facts["bytes"] = size.ToString(CultureInfo.InvariantCulture);
        return facts;

        async ValueTask<long> RowsAsync(SchemaObject table)
        {
            var written = await WriteRowsAsync(table, digest);
            facts[TableDigest.GetFingerprintKey(table.Name)] = digest.Finish();
            return written;
        }

        async ValueTask<long> WriteRowsAsync(SchemaObject table, TableDigest? digest)
        {
            var info = TableInfo.Read(connection, table.Name, table.WithoutRowId);
            using var select = connection.Prepare(info.SelectSql);
            using var dryRun = plan.RowDryRun.Begin(table, info, select, cancellationToken);
            var row = new StoredRow(select, info.ValueCount, digest, dryRun);
            return await script.WriteRowsAsync(
                new(row, info, new(row, plan.CreateUtf16Converter(), info, connection.FilePath), connection.FilePath)
            );
        }

        // Runs after the commit: not every build of SQLite has both tables, and statistics are useful but not
        // essential.
        async ValueTask StatisticsAsync()
        {
            SchemaObject?[] tables = [plan.Schema.FindInternalTable("sqlite_stat1"), plan.Schema.FindInternalTable("sqlite_stat4")];
            if (tables is [null, null])
            {
                return;
            }
            await script.WriteStatementAsync(Analyze);
            for (var i = 0; i < tables.Length; i++)
            {
                if (tables[i] is { } table)
                {
                    await WriteRowsAsync(table, digest: null);
                }
                else
                {
                    await script.WriteStatementAsync($"DROP TABLE IF EXISTS {(i == 0 ? "sqlite_stat1" : "sqlite_stat4")}");
                }
            }
        }
    }

    private static string FormatPragma(SqliteConnection connection, string pragma) =>
        string.Create(CultureInfo.InvariantCulture, $"PRAGMA {pragma}={connection.QueryInt64($"PRAGMA {pragma}")}");
}
