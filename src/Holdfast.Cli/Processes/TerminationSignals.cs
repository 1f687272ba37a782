using System.Runtime.InteropServices;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Handles Ctrl+C and SIGTERM. The first signal cancels the token, and the process continues until it has cleaned up,
/// however long that takes. A second signal ends it at once, unless a server handles the shutdown.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    // The convention of shells for processes ended by a signal.
    private const int SignalExitCodeBase = 128;
    private const int InterruptNumber = 2;
    private const int TerminateNumber = 15;

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt,
        _terminate;
    private int _exitCode;

    public TerminationSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, SignalExitCodeBase + InterruptNumber));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, SignalExitCodeBase + TerminateNumber));
    }

    /// <summary>Cancelled when the process should stop.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Exit code of a stopped run: 130 after Ctrl+C, 143 after SIGTERM.</summary>
    public int ExitCode => _exitCode;

    /// <summary>Name of the signal, for messages.</summary>
    public string Name => _exitCode == SignalExitCodeBase + TerminateNumber ? "SIGTERM" : "Ctrl+C";

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    // Cancels on another thread: this thread belongs to the runtime and must neither be blocked nor throw, and callbacks of
    // the token could do either.
    private void Stop(PosixSignalContext context, int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0)
        {
            return;
        }
        context.Cancel = true;
        _ = _stop.CancelAsync();
    }
}
