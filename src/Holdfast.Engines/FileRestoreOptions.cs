namespace Holdfast.Engines;

/// <summary>
/// What a restored file takes over of the one that was backed up. By itself it belongs to who restores, who alone may
/// read and write it.
/// </summary>
public sealed record FileRestoreOptions
{
    /// <summary>
    /// Whether it gets the mode of the original: reading and writing by owner and group. Nothing else is ever taken
    /// over.
    /// </summary>
    public bool RestoreMode { get; init; }

    /// <summary>Whether it gets the owner and group of the original.</summary>
    public bool RestoreOwner { get; init; }
}
