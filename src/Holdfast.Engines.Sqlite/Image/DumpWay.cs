namespace Holdfast.Engines.Sqlite.Image;

/// <summary>Where a dump is made from when writers would wait for it.</summary>
internal enum DumpWay
{
    /// <summary>A copy of the pages; nobody waits any more.</summary>
    FromCopy,

    /// <summary>The database, into memory, before anything is handed on.</summary>
    FromMemory,

    /// <summary>The database, because there is no room for a copy and a dump is quick enough.</summary>
    FromDatabase,
}
