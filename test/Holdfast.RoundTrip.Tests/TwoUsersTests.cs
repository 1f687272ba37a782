using System.Diagnostics;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// The setup that docs/server.md recommends: an application that owns its databases, and Holdfast as a separate user in
/// the application's group. Needs real processes of two users, so it requires root.
/// </summary>
public sealed class TwoUsersTests : IDisposable
{
    private const string Application = "61001",
        Backup = "61002",
        Python = "/usr/bin/python3"; // a copy that every user can execute
    private static readonly string[] AsApplication = ["--reuid", Application, "--regid", Application, "--clear-groups"];
    private static readonly string[] AsBackup = ["--reuid", Backup, "--regid", Backup, "--groups", Application];
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-users-test-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Theory]
    [InlineData("0660", "2770", "snapshot")]
    [InlineData("0660", "2770", "backup")]
    [InlineData("0640", "2750", "snapshot")] // read-only
    [InlineData("0640", "2750", "backup")]
    public async Task Backups_cause_no_failure_of_a_concurrent_application(string mode, string folderMode, string type)
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/setpriv") || !File.Exists(Python))
        {
            Assert.Skip("Only root can run programs as two users.");
        }
        var (data, own) = (Path.Combine(_root, "data"), Path.Combine(_root, "own"));
        Directory.CreateDirectory(data);
        Directory.CreateDirectory(own);
        await RunAsync("chmod", "755", _root);
        await RunAsync("chown", $"{Application}:{Application}", data);
        await RunAsync("chown", $"{Backup}:{Backup}", own);
        await RunAsync("setpriv", [.. AsApplication, Python, "-c", Create, $"{data}/app.db"]);
        await RunAsync("chmod", mode, $"{data}/app.db");
        await RunAsync("chmod", folderMode, data);

        using var application = Process.Start(
            new ProcessStartInfo("setpriv", [.. AsApplication, Python, "-c", Write, $"{data}/app.db"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        for (var i = 0; i < 3; i++)
        {
            await RunAsync(
                "setpriv",
                [
                    .. AsBackup,
                    "env",
                    $"HOME={own}",
                    $"XDG_DATA_HOME={own}",
                    $"TMPDIR={own}",
                    MemoryTests.Executable(),
                    "backup",
                    "--source",
                    data,
                    "--to",
                    $"{own}/to",
                    "--type",
                    type,
                ]
            );
        }

        application.StandardInput.Close();
        var words = (await application.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split(' ', 3);
        Assert.True(int.Parse(words[0]) > 0 && words[1] == "0", string.Join(' ', words)); // writes, and failed ones
        foreach (var file in Directory.GetFiles(data))
        {
            using var owner = Process.Start(new ProcessStartInfo("stat", ["-c", "%u", file]) { RedirectStandardOutput = true })!;
            Assert.Equal(Application, (await owner.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
        }

        var restored = Path.Combine(own, "restored.db");
        await RunAsync(
            MemoryTests.Executable(),
            "restore",
            Directory.GetDirectories($"{own}/to/local/app.db").Max(StringComparer.Ordinal)!,
            "--to",
            restored
        );
        using var connection = SqliteConnection.Open(restored, SqliteConstants.OpenReadWrite);
        Assert.Equal("ok", connection.QueryText("PRAGMA integrity_check"));
        Assert.True(connection.QueryInt64("SELECT count(*) FROM t") >= 20_000);
    }

    [Fact]
    public async Task An_idle_database_in_WAL_mode_on_a_read_only_file_system_is_backed_up()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Only root can mount.");
        }
        using var folder = new TestFolder();
        folder.Make("app.db", "PRAGMA journal_mode=WAL");
        var mount = Path.Combine(_root, "ro");
        Directory.CreateDirectory(mount);
        if (await CodeAsync("mount", "--bind", folder.Root, mount) != 0)
        {
            Assert.Skip("Nothing can be mounted here.");
        }
        try
        {
            await RunAsync("mount", "-o", "remount,bind,ro", mount);
            foreach (var type in (string[])["snapshot", "backup"])
            {
                await RunAsync(
                    MemoryTests.Executable(),
                    "backup",
                    "--source",
                    mount,
                    "--to",
                    $"{_root}/to-{type}",
                    "--type",
                    type,
                    "--node-key",
                    $"{_root}/node.key"
                );
            }
        }
        finally
        {
            await RunAsync("umount", mount);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var (code, output) = await EndAsync(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {code} {output}");
    }

    private static async Task<int> CodeAsync(string program, params string[] arguments) => (await EndAsync(program, arguments)).Code;

    private static async Task<(int Code, string Output)> EndAsync(string program, string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await errors);
    }

    private const string Create = """
        import os, sqlite3, sys
        os.umask(0o027)
        c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('pragma journal_mode=wal'); c.execute('create table t(a,b)')
        c.execute("with recursive r(i) as (values(1) union all select i+1 from r where i<20000) "
                  "insert into t select i, hex(randomblob(200)) from r")
        """;

    // Opens, writes and closes, as a web application does for each request; with a busy timeout of 5 s, Python's
    // default.
    private const string Write = """
        import os, select, sqlite3, sys
        os.umask(0o007); writes = failed = 0; last = ''
        while not select.select([sys.stdin], [], [], 0.02)[0]:
            writes += 1
            try:
                c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute("insert into t values('x','y')"); c.close()
            except sqlite3.Error as e:
                failed += 1; last = str(e)
        print(writes, failed, last)
        """;
}
