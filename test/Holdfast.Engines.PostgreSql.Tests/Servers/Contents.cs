using System.Diagnostics;

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>
/// The contents of a database as text, produced by means other than those under test: the schema by <c>pg_dump -s</c>,
/// the rows by checksums.
/// </summary>
public static class Contents
{
    public static Task<string> SchemaAsync(Cluster cluster, string database, params string[] options) =>
        DumpAsync(cluster, database, ["-s", .. options]);

    /// <summary>The complete contents with rows, one character per byte.</summary>
    public static async Task<string> DumpAsync(Cluster cluster, string database, params string[] options)
    {
        var start = new ProcessStartInfo(
            Path.Combine(Postmaster.Binaries, "pg_dump"),
            [.. options, "-h", "127.0.0.1", "-p", $"{cluster.Port}", "-U", Cluster.Superuser, "-d", database]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = options.Contains("-s") ? null : System.Text.Encoding.Latin1,
        };
        start.Environment["PGPASSFILE"] = cluster.PassFile;
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said[1]);
        // A random word that keeps psql from interpreting commands in a dump.
        return string.Join(
            '\n',
            said[0]
                .Split('\n')
                .Where(l =>
                    !l.StartsWith(@"\restrict", StringComparison.Ordinal) && !l.StartsWith(@"\unrestrict", StringComparison.Ordinal)
                )
        );
    }

    public static async Task<IReadOnlyList<string>> SumsAsync(Cluster cluster, string database)
    {
        var tables = await cluster.QueryAsync(
            database,
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm') AND relispopulated AND relnamespace NOT IN "
                + "('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) ORDER BY 1"
        );
        var sums = new List<string>();
        foreach (var table in tables)
        {
            sums.AddRange(
                await cluster.QueryAsync(
                    database,
                    $"SELECT '{table.Replace("'", "''", StringComparison.Ordinal)}', count(*), md5(string_agg(t::text, E'\\n' "
                        + $"ORDER BY t::text)) FROM ONLY {table} t"
                )
            );
        }
        sums.AddRange(
            await cluster.QueryAsync(database, "SELECT 'large object', oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid")
        );
        sums.AddRange(await cluster.QueryAsync(database, "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"));
        return sums;
    }
}
