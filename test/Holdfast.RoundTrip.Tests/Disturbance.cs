namespace Holdfast.RoundTrip.Tests;

/// <summary>What happens to a database between its edits and its backup.</summary>
internal enum Disturbance
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A checkpoint of some kind.</summary>
    Checkpoint,

    /// <summary>Another file is renamed over it.</summary>
    Replaced,

    /// <summary>Another file is copied over it in place: the inode stays.</summary>
    CopiedOver,

    /// <summary>A program of another user writes to it and exits.</summary>
    OtherUser,

    /// <summary>A program is killed in the middle of a transaction.</summary>
    Crash,

    /// <summary>A program of another user writes constantly during the backup.</summary>
    Writer,
}
