namespace Holdfast.RoundTrip.Tests;

/// <summary>What happens to a database between its edits and its backup.</summary>
internal enum Disturbance
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A checkpoint of some kind.</summary>
    Checkpoint,

    /// <summary>Another is renamed over it.</summary>
    Replaced,

    /// <summary>Another is copied over it in place: the inode stays.</summary>
    CopiedOver,

    /// <summary>A program of another user writes to it, and goes.</summary>
    OtherUser,

    /// <summary>A program is killed in the middle of a transaction.</summary>
    Crash,

    /// <summary>A program of another user writes all the time while it is backed up.</summary>
    Writer,
}
