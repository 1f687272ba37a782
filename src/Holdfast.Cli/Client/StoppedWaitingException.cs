namespace Holdfast.Cli.Client;

/// <summary>Somebody pressed Ctrl+C while the command waited for the server, which goes on.</summary>
internal sealed class StoppedWaitingException(IReadOnlyList<string> operations)
    : OperationCanceledException($"Stopped waiting. The server goes on; holdfast operation watch {string.Join(' ', operations.Take(3))} waits again, holdfast operation abort ID stops it.");
