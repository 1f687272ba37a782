namespace Holdfast.Core.Tasks;

/// <summary>Whether an archive stands alone or builds on those before it in its chain.</summary>
public enum BackupKind
{
    /// <summary>Holds everything; starts a chain.</summary>
    Full,

    /// <summary>Holds what changed since the archive before it.</summary>
    Incremental,
}
