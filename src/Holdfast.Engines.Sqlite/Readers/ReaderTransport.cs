namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>A reader process as the server sees it: two pipes, and its exit.</summary>
internal abstract class ReaderTransport : IDisposable
{
    /// <summary>The pipe of requests. Closing it ends the process.</summary>
    public abstract Stream Requests { get; }

    /// <summary>The pipe of replies, which ends with the process.</summary>
    public abstract Stream Replies { get; }

    /// <summary>Kills the process.</summary>
    public abstract void Kill();

    /// <summary>Waits until the process has exited, and describes how it exited.</summary>
    public abstract string WaitForExit();

    /// <inheritdoc/>
    public abstract void Dispose();
}
