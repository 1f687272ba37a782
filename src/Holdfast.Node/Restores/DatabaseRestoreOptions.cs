using Holdfast.Engines.Restores;

namespace Holdfast.Node.Restores;

/// <summary>The options of a restore.</summary>
public sealed record DatabaseRestoreOptions
{
    /// <summary>The file attributes to copy from the original; applies to databases that are files. Default none.</summary>
    public FileRestoreOptions File { get; init; } = new();

    /// <summary>Whether objects that cannot be created are skipped and reported. Default false: the first one fails the restore.</summary>
    public bool ContinueOnError { get; init; }
}
