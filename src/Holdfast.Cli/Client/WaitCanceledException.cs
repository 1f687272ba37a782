namespace Holdfast.Cli.Client;

/// <summary>The command was stopped while it waited for the server, which continues.</summary>
internal sealed class WaitCanceledException : OperationCanceledException
{
    /// <summary>Creates the exception for a command that waited for operations.</summary>
    public WaitCanceledException(IReadOnlyList<string> operations)
        : base(
            $"Stopped waiting. The server continues; holdfast operation watch {string.Join(' ', operations.Take(3))} waits "
                + "again, holdfast operation abort ID stops it."
        ) { }

    /// <summary>
    /// Creates the exception for a command that waited for an answer, so that it is unknown whether the server received
    /// the request.
    /// </summary>
    public WaitCanceledException()
        : base(
            "Stopped waiting for the server's answer. The server may still execute the request; holdfast operation list "
                + "shows its operations."
        ) { }
}
