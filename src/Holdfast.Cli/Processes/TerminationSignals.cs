using System.Runtime.InteropServices;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Ctrl+C and SIGTERM: the first one cancels the token, and the process goes on until what it had begun is cleaned up,
/// however long that takes. A second
/// one ends it at once, unless a server that stops in order takes care of it.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    // As shells tell of a process that a signal ended.
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

    /// <summary>Cancelled when the process shall stop.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Exit code of a run that was stopped: 130 after Ctrl+C, 143 after SIGTERM.</summary>
    public int ExitCode => _exitCode;

    /// <summary>The signal that came, as people call it.</summary>
    public string Name => _exitCode == SignalExitCodeBase + TerminateNumber ? "SIGTERM" : "Ctrl+C";

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    // On a thread of the runtime that must not be held up, and out of which nothing may be thrown: those who are told
    // of the stop may do either.
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
