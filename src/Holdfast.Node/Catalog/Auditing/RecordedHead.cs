using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// The newest archive of one task according to the state. The catalog is not part of the state: if it was lost or recreated, this
/// archive is recorded again before a listing is compared with it. So the newest backup never disappears unnoticed.
/// </summary>
/// <param name="Database">The database.</param>
/// <param name="Task">Id of its task.</param>
/// <param name="Path">Path of the archive.</param>
/// <param name="Head">The archive.</param>
/// <param name="Destinations">Names of the destinations that stored it and still have it.</param>
public sealed record RecordedHead(DatabaseId Database, string Task, string Path, ChainHead Head, IReadOnlyList<string> Destinations)
{
    private string Chain => Path[..Path.LastIndexOf('/')];

    private string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The newest archive of a task; null if the state knows none.</summary>
    /// <param name="task">The task.</param>
    /// <param name="status">Its status.</param>
    public static RecordedHead? Of(BackupTask task, Core.Tasks.TaskStatus status)
    {
        if (status.Head is not { Path: { } path } head || !path.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }
        var failed = status.FailedDestinations;
        var stored = status.StoredAt ?? [.. task.Settings.Destinations.Where(d => failed?.ContainsKey(d) != true)];
        return new(task.Database, task.Id, path, head, stored);
    }

    /// <summary>Records the archive if the catalog does not know it.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <exception cref="HoldfastException">The catalog cannot be read or written.</exception>
    public async Task EnsureRecordedAsync(ICatalog catalog)
    {
        if (Destinations.Count == 0 || catalog.Find(Chain)?.Find(Name) is { Archive.IsRecorded: true })
        {
            return;
        }
        var archive = new CatalogArchive
        {
            Name = Name,
            Length = Head.Length,
            Id = Head.Archive,
            Chain = Head.Chain,
            Sha256 = Head.Sha256,
            ManifestSha256 = Head.ManifestSha256,
        };
        await catalog.RecordAsync(Chain, Database, Task, archive, [.. Destinations.Select(d => new CopyLocation(d, null))]);
    }
}
