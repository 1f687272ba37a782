using System.Text.Json.Nodes;
using Holdfast.Core.Encryption;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.EndToEnd.Support;

/// <summary>A temporary folder with databases to back up, a folder for backups, and one for restores.</summary>
internal sealed class Workspace : IDisposable
{
    /// <summary>The types of backups, each of which has its own test.</summary>
    public static readonly string[] BackupTypes = ["snapshot", "backup"];

    public Workspace()
    {
        Root = Directory.CreateTempSubdirectory("holdfast-e2e-").FullName;
        foreach (var folder in (string[])[Source, Data, Out])
        {
            Directory.CreateDirectory(folder);
        }
    }

    public static TheoryData<string> Types => [.. BackupTypes];

    public string Root { get; }

    public string Source => $"{Root}/source";

    public string Destination => $"{Root}/backups";

    public string Data => $"{Root}/data";

    public string Out => $"{Root}/out";

    /// <summary>Additional environment variables of the commands.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Runs <c>holdfast</c> with the node key of this workspace.</summary>
    public Task<Ended> HoldfastAsync(params string[] arguments) =>
        Child.RunAsync(Child.Holdfast, arguments, data: Data, environment: Environment);

    /// <summary>Runs <c>holdfast</c> and asserts the exit code.</summary>
    public async Task<Ended> HoldfastAsync(int exitCode, params string[] arguments)
    {
        var ended = await HoldfastAsync(arguments);
        Assert.True(
            ended.ExitCode == exitCode,
            $"holdfast {string.Join(' ', arguments)}: exit code {exitCode} was expected, it was {ended}"
        );
        return ended;
    }

    /// <summary>Runs <c>holdfast</c> with JSON output and asserts the exit code.</summary>
    public async Task<JsonNode> JsonAsync(int exitCode, params string[] arguments) =>
        (await HoldfastAsync(exitCode, [.. arguments, "--output", "json"])).Json;

    /// <summary>Backs up the source and asserts the exit code.</summary>
    public Task<JsonNode> BackupAsync(int exitCode, string type, string kind, params string[] more) =>
        JsonAsync(exitCode, ["backup", "--source", Source, "--to", Destination, "--type", type, "--kind", kind, .. more]);

    /// <summary>Runs SQL in a database of the source, creating it if it does not exist.</summary>
    public void Sql(string name, string sql, DatabaseKey? key = null)
    {
        var path = $"{Source}/{name}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite | SqliteConstants.OpenCreate, key);
        connection.Execute(sql);
    }

    /// <summary>Creates a database with one table of <paramref name="rows"/> rows that do not compress.</summary>
    public void Make(string name, int rows = 20, int rowBytes = 1000, DatabaseKey? key = null, string mode = "delete") =>
        Sql(
            name,
            $"PRAGMA journal_mode={mode}; CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB, s TEXT); WITH RECURSIVE n(i) AS "
                + $"(SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{rows}) INSERT INTO t SELECT i, randomblob({rowBytes}), 'row '||i "
                + "FROM n;",
            key
        );

    /// <summary>All contents of a database as text.</summary>
    public static string Contents(string path, DatabaseKey? key = null)
    {
        using var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key);
        Assert.Equal("ok", connection.QueryText("PRAGMA integrity_check"));
        var tables = new List<string>();
        using (var names = connection.Prepare("SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name"))
        {
            while (names.Step())
            {
                tables.Add(names.GetText(0)!);
            }
        }
        var text = new List<string?>
        {
            connection.QueryText("SELECT group_concat(quote(sql), char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)"),
        };
        foreach (var table in tables)
        {
            var columns = connection.QueryText(
                "SELECT group_concat('quote(\"'||name||'\")', '||'',''||') FROM "
                    + $"pragma_table_info('{table.Replace("'", "''", StringComparison.Ordinal)}')"
            );
            using var rows = connection.Prepare(
                $"SELECT {columns} FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\" ORDER BY 1"
            );
            while (rows.Step())
            {
                text.Add(rows.GetText(0));
            }
        }

        return string.Join('\n', text);
    }

    /// <summary>Contents of a database of the source.</summary>
    public string SourceContents(string name, DatabaseKey? key = null) => Contents($"{Source}/{name}", key);

    /// <summary>
    /// Restores the newest restore point of a chain as a new database, asserts that it equals the source, and deletes
    /// it.
    /// </summary>
    public async Task ComesBackAsync(string path, string expected, DatabaseKey? key = null, params string[] more)
    {
        var target = $"{Out}/{Guid.NewGuid():n}.db";
        await HoldfastAsync(0, ["restore", path, "--to", target, .. more]);
        Assert.Equal(expected, Contents(target, key));
        File.Delete(target);
    }

    /// <summary>Folders of the chains of a database, oldest first.</summary>
    public string[] Chains(string database) =>
        [.. Directory.GetDirectories($"{Destination}/local/{database}").Order(StringComparer.Ordinal)];

    /// <summary>All archives in the destination, in order of their paths.</summary>
    public string[] Archives() =>
        [
            .. Files(Destination)
                .Where(f => f.EndsWith(".tar.zst", StringComparison.Ordinal) || f.EndsWith(".age", StringComparison.Ordinal)),
        ];

    /// <summary>Files that a successful run never leaves: partial files, and indexes without an archive.</summary>
    public IEnumerable<string> Leftovers() =>
        Files(Destination)
            .Where(f =>
                f.EndsWith(".partial", StringComparison.Ordinal)
                || (
                    f.EndsWith(".index", StringComparison.Ordinal)
                    && !File.Exists(f[..^6] + ".tar.zst")
                    && !File.Exists(f[..^6] + ".tar.zst.age")
                )
            );

    public static IEnumerable<string> Files(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : [];

    public void Dispose()
    {
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // A mount or a child is still ending; the operating system cleans its temporary folder.
        }
    }
}
