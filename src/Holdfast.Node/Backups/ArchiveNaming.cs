using Holdfast.Core.Databases;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups;

/// <summary>Determines the folder and the name of a new archive for a given time.</summary>
internal sealed record ArchiveNaming
{
    /// <summary>The database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>The chain to extend; null for a new one.</summary>
    public required StoredChain? Extended { get; init; }

    /// <summary>The latest time in any existing name.</summary>
    public required DateTimeOffset LatestNameTime { get; init; }

    /// <summary>The type of archive.</summary>
    public required ArchiveFileType FileType { get; init; }

    /// <summary>Whether the archive is an age file.</summary>
    public required bool IsEncrypted { get; init; }

    /// <summary>Backup type of a new chain.</summary>
    public required BackupType Type { get; init; }

    /// <summary>Tag of the node, for a new chain.</summary>
    public required string Node { get; init; }

    /// <summary>Id of the task, for a new chain; null for one-time and offline backups.</summary>
    public required string? Task { get; init; }

    /// <summary>
    /// The first second, not before <paramref name="now"/>, that is later than every existing name: after a clock was set back, a new
    /// backup must not look older than the existing ones.
    /// </summary>
    public DateTimeOffset FirstTime(DateTimeOffset now)
    {
        var time = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        return time <= LatestNameTime ? LatestNameTime.AddSeconds(1) : time;
    }

    /// <summary>The name of an archive of that time.</summary>
    public ArchiveName NameOf(DateTimeOffset time) => new(time, FileType, IsEncrypted);

    /// <summary>The folder of an archive of that time, from the root of a destination.</summary>
    public string FolderOf(DateTimeOffset time) =>
        Extended?.Path ?? $"{DatabaseFolder.PathOf(Database)}/{new ChainName(time, Node, Type, Task)}";
}
