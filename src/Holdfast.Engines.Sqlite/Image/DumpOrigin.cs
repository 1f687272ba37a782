namespace Holdfast.Engines.Sqlite.Image;

/// <summary>What a dump reads from.</summary>
internal enum DumpOrigin
{
    /// <summary>A copy of the pages in a file; the database is no longer pinned.</summary>
    Copy,

    /// <summary>A copy of the pages in memory; the database is no longer pinned.</summary>
    Memory,

    /// <summary>The database itself: there is no room for a copy, and its locks may be held for the whole dump.</summary>
    Database,
}
