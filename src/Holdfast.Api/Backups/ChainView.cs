using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Backups;

/// <summary>
/// A chain as it lies at one place, by the names of its folder and files, and by what was noted when it was verified:
/// nothing of it is read for this.
/// </summary>
public sealed record ChainView
{
    /// <summary>How it is asked for: <c>destination:nas/demo/shop.db/…</c>, or an absolute path.</summary>
    public required string From { get; init; }

    /// <summary>Name of the destination; null for a path.</summary>
    public string? Destination { get; init; }

    /// <summary>The database that it is of, as far as the names of folders tell.</summary>
    public required string Database { get; init; }

    /// <summary>Name of its folder: the same at every destination.</summary>
    public required string Folder { get; init; }

    /// <summary>When its full backup began; null where it lies in a folder that does not say so.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Tag of the node that made it; null as before.</summary>
    public string? Node { get; init; }

    /// <summary>Logical or snapshot; null as before.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Short id of its task; null for one-time and offline backups.</summary>
    public string? Task { get; init; }

    /// <summary>Name of that task, where the server knows it.</summary>
    public string? TaskName { get; init; }

    /// <summary>Whether its full archive is here, without which nothing of it can be restored.</summary>
    public required bool HasFull { get; init; }

    /// <summary>
    /// What reading it has found last; null where it was never verified and nothing is known to be wrong, and for a
    /// path.
    /// </summary>
    public ChainCheck? Check { get; init; }

    /// <summary>Its archives, the oldest first.</summary>
    public required IReadOnlyList<ArchiveView> Archives { get; init; }
}
