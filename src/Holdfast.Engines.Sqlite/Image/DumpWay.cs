namespace Holdfast.Engines.Sqlite.Image;

/// <summary>Where a dump is made from.</summary>
internal enum DumpWay
{
    /// <summary>A copy of the pages; the database is no longer held.</summary>
    FromCopy,

    /// <summary>The database, into memory, before anything is handed on.</summary>
    FromMemory,

    /// <summary>The database, because there is no room for a copy, and it may be held that long.</summary>
    FromDatabase,
}
