using System.Globalization;
using System.IO.Pipelines;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Writes a database as SQL that <see cref="SqlLoad"/> and the sqlite3 program turn into an equal one. Equal contents
/// give equal bytes: the schema
/// comes in the order in which it was made, rows in the order of their keys.
/// </summary>
internal static class SqlDump
{
    /// <summary>A table that leaves <c>sqlite_sequence</c> behind where no other would.</summary>
    public const string MakeSequence = "CREATE TABLE holdfast_sequence(id INTEGER PRIMARY KEY AUTOINCREMENT)";

    /// <summary>Removes that table.</summary>
    public const string DropSequence = "DROP TABLE holdfast_sequence";

    /// <summary>Makes the tables of statistics.</summary>
    public const string Analyze = "ANALYZE sqlite_schema";

    /// <summary>
    /// Writes what <paramref name="connection"/> shows in the read transaction that the caller holds; returns facts
    /// that a restored copy must share.
    /// </summary>
    /// <exception cref="HoldfastException">It cannot be read, or no script can hold it.</exception>
    public static Task<IReadOnlyDictionary<string, string>> WriteAsync(
        SqliteConnection connection,
        PipeWriter output,
        CancellationToken cancellationToken
    ) => WriteAsync(connection, output, DumpPlan.SchemaLimits, cancellationToken);

    /// <summary>The same, within limits.</summary>
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
            // Committed before their shadow tables are filled, so that no module holds anything back.
            await script.WriteStatementAsync("COMMIT");
            await script.WriteStatementAsync("BEGIN");
            foreach (var table in plan.VirtualTables)
            {
                await script.WriteStatementAsync(table.Definition);
            }
            await script.WriteStatementAsync("COMMIT");
            await script.WriteStatementAsync("BEGIN");
        }

        foreach (var (table, isMade) in plan.ShadowTables)
        {
            await script.WriteStatementAsync(isMade ? $"DELETE FROM {Sql.QuoteIdentifier(table.Name)}" : table.Definition);
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
        ); // always last
        await script.FlushAsync();
        var pages = connection.QueryInt64("PRAGMA page_count") - connection.QueryInt64("PRAGMA freelist_count");
        if (pages * connection.QueryInt64("PRAGMA page_size") > new LoadLimits().GetMaxDatabaseBytes(script.Bytes))
        {
            throw Sql.NotExportable(
                $"'{connection.FilePath}' has {pages:N0} pages and makes a script of {script.Bytes:N0} bytes: so much out of "
                    + "so little is not loaded."
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
            var shape = TableInfo.Read(connection, table.Name, table.WithoutRowId);
            using var select = connection.Prepare(shape.SelectSql);
            using var trial = plan.RowDryRun.Begin(table, shape, select, cancellationToken);
            var row = new StoredRow(select, shape.ValueCount, digest, trial);
            return await script.WriteRowsAsync(
                new(row, shape, new(row, plan.CreateUtf16Converter(), shape, connection.FilePath), connection.FilePath)
            );
        }

        // Behind the commit: not every build of SQLite has both tables, and statistics are worth having, no more.
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
