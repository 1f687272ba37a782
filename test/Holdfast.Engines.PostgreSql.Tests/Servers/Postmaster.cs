using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>A running PostgreSQL server on loopback and its own socket. It is stopped by its process id.</summary>
public sealed class Postmaster : IAsyncDisposable
{
    /// <summary>Folder of Debian's newest installed version.</summary>
    public static readonly string Binaries = Directory.Exists("/usr/lib/postgresql")
        ? Directory
            .GetDirectories("/usr/lib/postgresql")
            .OrderByDescending(d => int.Parse(Path.GetFileName(d), System.Globalization.CultureInfo.InvariantCulture))
            .Select(d => Path.Combine(d, "bin"))
            .FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
            ?? Missing()
        : Missing();

    /// <summary>Folder of locales beside the data, for languages that are not installed.</summary>
    public const string Locales = "locales";

    private static readonly string[] Ready =
    [
        "database system is ready to accept",
        "Datenbanksystem ist bereit, um Verbindungen anzunehmen",
    ];

    private readonly Process _process;
    private readonly ServerLog _log;

    private Postmaster(string folder, int port, Process process, ServerLog log) =>
        (Folder, Port, _process, _log) = (folder, port, process, log);

    /// <summary>Its log; each entry begins with <c>process|database|application|</c>.</summary>
    public ServerLog Log => _log;

    public string Folder { get; }

    public int Port { get; }

    /// <summary>Starts the server whose data are in the folder's <c>data</c>.</summary>
    public static async Task<Postmaster> StartAsync(string folder, int port, string binaries, params string[] settings)
    {
        string[] options =
        [
            "-D",
            Path.Combine(folder, "data"),
            "-p",
            $"{port}",
            "-k",
            folder,
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-c",
            "shared_buffers=128MB",
            "-c",
            "max_connections=80",
            "-c",
            "max_wal_size=4GB",
            "-c",
            "log_line_prefix=%p|%d|%a|",
            .. settings.SelectMany(s => new[] { "-c", s }),
        ];
        var start = AsPostgres(Path.Combine(binaries, "postgres"), options);
        if (Directory.Exists(Path.Combine(folder, Locales)))
        {
            start.Environment["LOCPATH"] = $"{Path.Combine(folder, Locales)}:/usr/lib/locale";
        }
        start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new ServerLog();
        process.ErrorDataReceived += (_, line) =>
        {
            log.Add(line.Data ?? "ended");
            if (Ready.Any(r => line.Data?.Contains(r, StringComparison.Ordinal) == true))
            {
                ready.TrySetResult();
            }
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException(string.Join('\n', log.Lines)));
            }
        };
        process.BeginErrorReadLine();
        await ready.Task;
        return new(folder, port, process, log);
    }

    /// <summary>Stops it immediately, like a crash of the machine.</summary>
    public async Task KillAsync() => await StopAsync("-QUIT");

    /// <summary>Suspends all of its processes: connections stay open, and nothing answers.</summary>
    public Task FreezeAsync() => SignalAllAsync("-STOP");

    /// <summary>Resumes them.</summary>
    public Task ThawAsync() => SignalAllAsync("-CONT");

    public async ValueTask DisposeAsync()
    {
        await StopAsync("-INT");
        _process.Dispose();
    }

    /// <summary>Runs one of the server's programs, or another one by its path, as the user that is allowed to.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        var start = AsPostgres(Path.Combine(Binaries, program), arguments);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program}: {string.Concat(said)}");
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Missing() =>
        throw new InvalidOperationException("There is no PostgreSQL server here: eng/setup.sh test installs it.");

    // The server refuses to run as root.
    private static ProcessStartInfo AsPostgres(string program, IEnumerable<string> arguments)
    {
        var start =
            Environment.UserName == "root"
                ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments])
                : new ProcessStartInfo(program, arguments);
        start.WorkingDirectory = "/";
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private async Task SignalAllAsync(string signal)
    {
        var children = (await File.ReadAllTextAsync($"/proc/{_process.Id}/task/{_process.Id}/children")).Split(
            ' ',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
        );
        using var kill = Process.Start("kill", [signal, $"{_process.Id}", .. children]);
        await kill.WaitForExitAsync();
    }

    private async Task StopAsync(string signal)
    {
        if (_process.HasExited)
        {
            return;
        }
        using var kill = Process.Start("kill", [signal, $"{_process.Id}"]);
        await _process.WaitForExitAsync();
    }
}
