namespace Holdfast.EndToEnd.Faults;

/// <summary>Kinds of calls; their bits as in <c>faults.c</c>.</summary>
[Flags]
internal enum FaultCalls
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>write and its relatives.</summary>
    Write = 1,

    /// <summary>fsync, fdatasync, syncfs.</summary>
    Sync = 2,

    /// <summary>rename and link, by the new name.</summary>
    Rename = 4,

    /// <summary>open.</summary>
    Open = 8,

    /// <summary>stat, statfs, opendir, mkdir, unlink, rmdir.</summary>
    Look = 16,

    /// <summary>All of them: a file system that answers nothing any more.</summary>
    All = 31,
}
