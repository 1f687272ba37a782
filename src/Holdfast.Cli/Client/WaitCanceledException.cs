namespace Holdfast.Cli.Client;

/// <summary>The command was told to stop while a server worked or answered; the server goes on.</summary>
internal sealed class WaitCanceledException : OperationCanceledException
{
    /// <summary>It waited for operations of the server.</summary>
    public WaitCanceledException(IReadOnlyList<string> operations)
        : base(
            $"Stopped waiting. The server goes on; holdfast operation watch {string.Join(' ', operations.Take(3))} waits "
                + "again, holdfast operation abort ID stops it."
        ) { }

    /// <summary>A request was under way: whether the server took it is not known.</summary>
    public WaitCanceledException()
        : base(
            "Stopped waiting for the server's answer. The server goes on with what it was asked for; holdfast operation list "
                + "shows what runs."
        ) { }
}
