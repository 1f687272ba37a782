namespace Holdfast.Core.Tasks;

/// <summary>Whether an archive is self-contained or builds on those before it in its chain.</summary>
public enum BackupKind
{
    /// <summary>Contains everything; starts a chain.</summary>
    Full,

    /// <summary>Contains the changes since the archive before it.</summary>
    Incremental,
}
