namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>A reader process as the server sees it: two pipes, and its end.</summary>
internal abstract class ReaderTransport : IDisposable
{
    /// <summary>Takes requests. Closing it ends the process.</summary>
    public abstract Stream Requests { get; }

    /// <summary>Gives replies; ends with the process.</summary>
    public abstract Stream Replies { get; }

    /// <summary>Ends the process now.</summary>
    public abstract void Kill();

    /// <summary>Waits until the process has ended, and says how it ended.</summary>
    public abstract string WaitForExit();

    /// <inheritdoc/>
    public abstract void Dispose();
}
