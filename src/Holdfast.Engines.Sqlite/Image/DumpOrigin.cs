namespace Holdfast.Engines.Sqlite.Image;

/// <summary>Where a dump is made from.</summary>
internal enum DumpOrigin
{
    /// <summary>A copy of the pages; the database is no longer held.</summary>
    Copy,

    /// <summary>A copy of the pages in memory; the database is no longer held.</summary>
    Memory,

    /// <summary>The database, because there is no room for a copy, and locks may hold it that long.</summary>
    Database,
}
