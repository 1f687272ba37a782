namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>Commands to a reader process, for one job.</summary>
internal enum ReaderCommand
{
    /// <summary>Open a view; starts the job.</summary>
    Open,

    /// <summary>Start writing, and return the first item.</summary>
    Write,

    /// <summary>Return pages of the item, which is an image.</summary>
    Pages,

    /// <summary>Return the next bytes of the item, which is a stream.</summary>
    Bytes,

    /// <summary>The item was consumed: return the next one, or the fingerprint.</summary>
    Next,

    /// <summary>Release the database; ends the job, whatever is in progress.</summary>
    Close,
}
