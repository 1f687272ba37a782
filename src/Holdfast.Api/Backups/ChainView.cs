using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Backups;

/// <summary>
/// A chain at one location, described by the names of its folder and files and by the result of the last verification.
/// No file is read for this.
/// </summary>
public sealed record ChainView
{
    /// <summary>How to address it: <c>destination:nas/demo/shop.db/…</c>, or an absolute path.</summary>
    public required string From { get; init; }

    /// <summary>Name of the destination; null if the location is a path.</summary>
    public string? Destination { get; init; }

    /// <summary>The database that was backed up, as far as folder names show.</summary>
    public required string Database { get; init; }

    /// <summary>Name of its folder, which is the same at every destination.</summary>
    public required string Folder { get; init; }

    /// <summary>When its full backup began; null if the folder name does not contain it.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Tag of the node that made it; null if the folder name does not contain it.</summary>
    public string? Node { get; init; }

    /// <summary>Logical or snapshot; null if the folder name does not contain it.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Short id of its task; null for one-time and offline backups.</summary>
    public string? Task { get; init; }

    /// <summary>Name of that task, if the server knows it.</summary>
    public string? TaskName { get; init; }

    /// <summary>Whether its full archive exists. Without it, no backup of the chain can be restored.</summary>
    public required bool HasFull { get; init; }

    /// <summary>
    /// Whether it is being deleted at this location, by retention or by the bucket: what is missing of it is not lost.
    /// </summary>
    public bool Expiring { get; init; }

    /// <summary>What the last verification found; null for a path, and if the chain was never verified and no problem is known.</summary>
    public ChainCheck? Check { get; init; }

    /// <summary>Its archives, oldest first.</summary>
    public required IReadOnlyList<ArchiveView> Archives { get; init; }
}
