namespace Holdfast.EndToEnd.Faults;

/// <summary>Kinds of calls; the bits are those of <c>faults.c</c>.</summary>
[Flags]
internal enum FaultCalls
{
    /// <summary>No calls.</summary>
    None = 0,

    /// <summary>write and its relatives.</summary>
    Write = 1,

    /// <summary>fsync, fdatasync, syncfs.</summary>
    Sync = 2,

    /// <summary>rename and link; the new name counts.</summary>
    Rename = 4,

    /// <summary>open.</summary>
    Open = 8,

    /// <summary>stat, statfs, opendir, mkdir, unlink, rmdir.</summary>
    Look = 16,

    /// <summary>All calls: a file system that no longer responds.</summary>
    All = 31,
}
