namespace Holdfast.Engines.Restores;

/// <summary>
/// Permissions of the original file that a restored file gets. By default it belongs to the user who restores, and only that user can read
/// and write it.
/// </summary>
public sealed record FileRestoreOptions
{
    /// <summary>Whether it gets the mode of the original: read and write permissions of owner and group, and nothing else.</summary>
    public bool RestoreMode { get; init; }

    /// <summary>Whether it gets the owner and group of the original.</summary>
    public bool RestoreOwner { get; init; }
}
