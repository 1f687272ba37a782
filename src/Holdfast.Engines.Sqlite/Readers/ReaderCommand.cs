namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>What a reader process is asked to do for one job.</summary>
internal enum ReaderCommand
{
    /// <summary>Open a view; begins the job.</summary>
    Open,

    /// <summary>Begin to write, and tell the first item.</summary>
    Write,

    /// <summary>Give pages of the item, which is an image.</summary>
    Pages,

    /// <summary>Give the next bytes of the item, which is a stream.</summary>
    Bytes,

    /// <summary>The item was taken: tell the next one, or the fingerprint.</summary>
    Next,

    /// <summary>Let go of the database; ends the job, whatever of it is under way.</summary>
    Close,
}
