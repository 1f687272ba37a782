using System.Diagnostics;
using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// A reader in a process of its own: this program, started again. Keys are passed through its standard input, never
/// through its command line or environment, and it inherits only the environment variables that a program needs to run.
/// </summary>
internal sealed class ReaderProcess : ReaderTransport
{
    private const int SignalExitBase = 128;
    private static readonly string[] InheritedVariables = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"];
    private static readonly Dictionary<int, string> SignalNames = new()
    {
        [4] = "SIGILL",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [15] = "SIGTERM",
    };
    private readonly Process _process;

    private ReaderProcess(Process process)
    {
        _process = process;
        Requests = process.StandardInput.BaseStream;
        Replies = process.StandardOutput.BaseStream;
    }

    /// <inheritdoc/>
    public override Stream Requests { get; }

    /// <inheritdoc/>
    public override Stream Replies { get; }

    /// <summary>Starts a process.</summary>
    /// <exception cref="HoldfastException">It cannot be started.</exception>
    public static ReaderProcess Start(string program, IEnumerable<string> arguments)
    {
        // The working directory is the root so that no other mount is kept busy.
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (
            var name in start
                .Environment.Keys.Where(n => !n.StartsWith("DOTNET_", StringComparison.Ordinal) && !InheritedVariables.Contains(n))
                .ToList()
        )
        {
            start.Environment.Remove(name);
        }
        try
        {
            var child = new ReaderProcess(Process.Start(start) ?? throw new InvalidOperationException("no process"));
            Posix.EnlargePipe(child.Replies);
            return child;
        }
        catch (Exception e)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"The process that reads databases which other users can write to cannot be started ('{program}'): {e.Message}",
                "Check that the program has not been moved since it was started, and that this user can start another process.",
                e
            );
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Replies.Dispose();
        _process.Dispose();
    }

    /// <inheritdoc/>
    public override void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has already exited.
        }
    }

    /// <inheritdoc/>
    public override string WaitForExit()
    {
        Requests.Dispose();
        _process.WaitForExit();
        var code = _process.ExitCode;
        if (code <= SignalExitBase)
        {
            return string.Create(CultureInfo.InvariantCulture, $"exit code {code}");
        }
        return SignalNames.TryGetValue(code - SignalExitBase, out var name)
            ? name
            : string.Create(CultureInfo.InvariantCulture, $"signal {code - SignalExitBase}");
    }
}
