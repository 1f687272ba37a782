using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Holdfast.Archive;
using Holdfast.Core.Encryption;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

/// <summary>A folder with databases to dump and load; deleted after the test.</summary>
internal sealed class Sandbox : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-logical-").FullName;
    private int _files;

    /// <summary>Whether the sqlite3 program is installed, to load scripts as well.</summary>
    public static bool HasProgram { get; } = File.Exists("/usr/bin/sqlite3");

    /// <summary>The file of a database that is loaded at a path.</summary>
    public static DatabaseFile ToBe(string path) =>
        DatabaseFile.ForNew(ConfinedFileAccess.OpenRoot(Path.GetDirectoryName(path)!), Path.GetFileName(path), path);

    /// <summary>Returns an unused path.</summary>
    public string NewPath() => Path.Combine(_folder, $"{++_files}.db");

    /// <summary>Creates a database from SQL.</summary>
    public string Create(string sql, DatabaseKey? key = null)
    {
        var path = NewPath();
        using var connection = Open(path, key);
        connection.Execute(sql);
        return path;
    }

    /// <summary>Opens a database as an application would.</summary>
    public static unsafe SqliteConnection Open(string path, DatabaseKey? key = null)
    {
        var connection = SqliteConnection.Open(path, OpenReadWrite | OpenCreate, key);
        connection.Check(SqliteNative.sqlite3_db_config(connection.Handle, ConfigDoubleQuotesInSchema, 1, null));
        connection.Check(SqliteNative.sqlite3_db_config(connection.Handle, ConfigDoubleQuotesInStatements, 1, null));
        return connection;
    }

    /// <summary>Dumps a database.</summary>
    public static async Task<(byte[] Script, IReadOnlyDictionary<string, string> Facts)> DumpAsync(
        string path,
        DatabaseKey? key = null,
        LoadLimits? limits = null
    )
    {
        using var connection = Open(path, key);
        connection.Execute("BEGIN");
        using var script = new MemoryStream();
        var writer = PipeWriter.Create(script);
        var facts = await SqlDump.WriteAsync(connection, writer, limits ?? DumpPlan.SchemaLimits, TestContext.Current.CancellationToken);
        await writer.CompleteAsync();
        return (script.ToArray(), facts);
    }

    /// <summary>Loads a script into a new database, in chunks.</summary>
    public async Task<string> LoadAsync(
        ReadOnlyMemory<byte> script,
        IReadOnlyDictionary<string, string>? facts = null,
        DatabaseKey? key = null,
        int chunk = 70_001,
        LoadLimits? limits = null
    )
    {
        var path = NewPath();
        using var file = ToBe(path);
        await SqlLoad.LoadAsync(
            file,
            key,
            async take =>
            {
                for (var i = 0; i < script.Length; i += chunk)
                {
                    await take(script.Slice(i, Math.Min(chunk, script.Length - i)), TestContext.Current.CancellationToken);
                }
            },
            facts ?? new Dictionary<string, string>(),
            limits ?? new(),
            TestContext.Current.CancellationToken
        );
        return path;
    }

    /// <summary>Checks a script as a verification does.</summary>
    public static void Check(byte[] script, int chunk = 70_001)
    {
        var check = new SqliteEngine(TimeProvider.System).CreateStreamCheck("dump.sql")!;
        for (var i = 0; i < script.Length; i += chunk)
        {
            check.Process(script.AsSpan(i, Math.Min(chunk, script.Length - i)));
        }
        check.Complete();
    }

    /// <summary>Checks a script with another check for each chunk, resumed at the checkpoint of the previous one.</summary>
    public static void CheckByMarks(byte[] script, int chunk)
    {
        var engine = new SqliteEngine(TimeProvider.System);
        var (check, other) = (engine.CreateStreamCheck("dump.sql")!, engine.CreateStreamCheck("dump.sql")!);
        for (var i = 0; i < script.Length; i += chunk)
        {
            var mark = check.Checkpoint!;
            (check, other) = (other, check);
            check.ResumeAt(mark);
            check.Process(script.AsSpan((int)mark.Offset, Math.Min(script.Length, i + chunk) - (int)mark.Offset));
        }

        check.Complete();
    }

    /// <summary>Dumps a database, loads the script in both ways and compares; returns the script.</summary>
    public async Task<string> RoundTripAsync(string path, DatabaseKey? key = null, bool withProgram = true)
    {
        var (script, facts) = await DumpAsync(path, key);
        Check(script);
        CheckByMarks(script, 70_001);
        var loaded = await LoadAsync(script, facts, key);
        DatabaseComparer.AssertEqual(path, loaded, key);
        var (again, _) = await DumpAsync(loaded, key);
        Assert.Equal(Encoding.UTF8.GetString(script), Encoding.UTF8.GetString(again));
        if (withProgram && HasProgram && key is null)
        {
            DatabaseComparer.AssertEqual(path, await ProgramLoadAsync(script));
        }
        return Encoding.UTF8.GetString(script);
    }

    /// <summary>Loads a script with the sqlite3 program.</summary>
    public async Task<string> ProgramLoadAsync(byte[] script)
    {
        var path = NewPath();
        using var program = Process.Start(
            new ProcessStartInfo("/usr/bin/sqlite3", ["-batch", path])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        var errors = program.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.StandardInput.BaseStream.WriteAsync(script, TestContext.Current.CancellationToken);
        program.StandardInput.Close();
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await errors);
        await output;
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
