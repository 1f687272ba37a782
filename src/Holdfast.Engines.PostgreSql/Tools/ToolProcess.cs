using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>A running program. Disposing it stops it.</summary>
internal sealed partial class ToolProcess : IAsyncDisposable
{
    private const string StdbufPath = "/usr/bin/stdbuf";
    private const int MaxErrorBytes = 64 << 10;
    private const int PipeBytes = 1 << 20;
    private const int SetPipeSize = 1031; // F_SETPIPE_SZ
    private const int EndSignal = 15; // SIGTERM
    private const int SignalExit = 128; // added to the number of the signal that killed a program

    private static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Task<string> _errors;
    private ITimer? _killTimer;

    private ToolProcess(Process process)
    {
        _process = process;
        _errors = ReadErrorsAsync(process.StandardError.BaseStream);
    }

    /// <summary>Its standard input.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Its standard output.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Starts a program.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, passed unchanged. Never a secret: every user can read them.</param>
    /// <param name="passFile">The file with the password; null if none is needed.</param>
    /// <param name="hasLargeOutput">Whether it writes a lot.</param>
    public static ToolProcess Start(string path, IEnumerable<string> arguments, string? passFile, bool hasLargeOutput = false)
    {
        // PostgreSQL's programs write blocks of 4 KiB, with a system call for each; stdbuf of coreutils, if installed,
        // makes them larger.
        var start =
            hasLargeOutput && File.Exists(StdbufPath)
                ? new ProcessStartInfo(StdbufPath, ["--output=64K", path, .. arguments])
                : new ProcessStartInfo(path, arguments);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        // Settings of the user who started Holdfast must not apply to the source.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
        start.Environment["LC_ALL"] = "C"; // messages are recognised by their English text
        start.Environment["PGPASSFILE"] = passFile ?? "/dev/null";
        var child = new ToolProcess(Process.Start(start)!);
        // Best effort: it only reduces context switches.
        if (hasLargeOutput && child.Output is PipeStream pipe)
        {
            SetPipeSizeNative(pipe.SafePipeHandle, SetPipeSize, PipeBytes);
        }
        return child;
    }

    /// <summary>Processor time that it has used.</summary>
    public TimeSpan ProcessorTime => _process.HasExited ? TimeSpan.Zero : _process.TotalProcessorTime;

    /// <summary>
    /// Stops it. On SIGTERM, PostgreSQL's programs make the server cancel their statements, which would continue
    /// otherwise; a program that does not exit within a few seconds, because its server cannot be reached, is killed.
    /// The process object is the lock, so that the timer is created only once and no signal is sent to an exited
    /// process.
    /// </summary>
    public void Stop()
    {
        lock (_process)
        {
            if (_killTimer is not null || _process.HasExited)
            {
                return;
            }
            _killTimer = TimeProvider.System.CreateTimer(_ => Kill(), null, KillAfter, Timeout.InfiniteTimeSpan);
            Signal(_process.Id, EndSignal);
        }
    }

    /// <summary>Waits until it has exited.</summary>
    /// <returns>Its exit code, and the end of its error output.</returns>
    public async Task<(int ExitCode, string Errors)> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        var errors = await _errors;
        // A killed process writes no message; the kernel kills one if memory runs out.
        if (errors.Length == 0 && _killTimer is null && _process.ExitCode > SignalExit)
        {
            errors = string.Create(CultureInfo.InvariantCulture, $"it was killed by signal {_process.ExitCode - SignalExit}");
        }
        return (_process.ExitCode, errors);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await _process.WaitForExitAsync();
        await _errors;
        if (_killTimer is not null)
        {
            await _killTimer.DisposeAsync();
        }
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int SetPipeSizeNative(SafePipeHandle handle, int command, int argument);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);

    private void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    // Always read to the end, otherwise the program would block on a full pipe; of a long output only the end is kept.
    private static async Task<string> ReadErrorsAsync(Stream stream)
    {
        var block = new byte[4096];
        var text = new List<byte>();
        int read;
        while ((read = await stream.ReadAsync(block)) > 0)
        {
            text.AddRange(block.AsSpan(0, read));
            if (text.Count > MaxErrorBytes * 2)
            {
                text.RemoveRange(0, text.Count - MaxErrorBytes);
            }
        }

        return Encoding.UTF8.GetString([.. text]).Trim();
    }
}
