using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// The newest archive that the state knows of one task. The catalog is no part of the state: where it was lost, or was
/// begun anew, this is what it learns
/// again before a listing is held against it. So the newest backup can never be gone without anybody being told.
/// </summary>
/// <param name="Database">The database.</param>
/// <param name="Task">Id of its task.</param>
/// <param name="Path">Path of the archive.</param>
/// <param name="Head">What was written.</param>
/// <param name="Destinations">Names of the destinations that took it, as far as it is still there.</param>
public sealed record RecordedHead(DatabaseId Database, string Task, string Path, ChainHead Head, IReadOnlyList<string> Destinations)
{
    private string Chain => Path[..Path.LastIndexOf('/')];

    private string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>That of a task; null where the state knows of none.</summary>
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

    /// <summary>Records it where the catalog does not know it.</summary>
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
