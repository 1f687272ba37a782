using Holdfast.Api.Databases;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Node;
using Holdfast.Node.Coverage;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>Creates the views of databases.</summary>
/// <param name="protection">How well each database is protected.</param>
/// <param name="queue">The operations that are queued and running.</param>
/// <param name="sources">The sources of the node.</param>
/// <param name="sizes">Sizes of databases.</param>
/// <param name="settings">Tag of the node.</param>
internal sealed class DatabaseViewFactory(
    ProtectionReader protection,
    OperationQueue queue,
    SourceRegistry sources,
    DatabaseSizes sizes,
    NodeSettings settings
)
{
    /// <summary>Creates the view of a database.</summary>
    public DatabaseView Create(DatabaseRecord record) => Create(protection.Of(record));

    /// <summary>Creates the view of a database whose state is known.</summary>
    public DatabaseView Create(DatabaseProtection known)
    {
        var record = known.Record;
        var running = known.Tasks.Select(t => queue.Find(t.Facts.Task.Id)?.Id).FirstOrDefault(id => id is not null);
        return new()
        {
            Id = record.Id.ToString(),
            Source = record.Id.Source,
            Name = record.Id.Name,
            Engine = record.Engine,
            SizeBytes = sizes.Of(record),
            Encryption = record.Encryption,
            FirstSeen = record.FirstSeen,
            Dropped = record.Dropped,
            RenamedTo = record.RenamedTo?.ToString(),
            Problem = record.Problem,
            SourceOutage = record.Dropped is null ? sources.Find(record.Id.Source)?.Outage(sources.Interval) : null,
            Tasks = known.Tasks.Count,
            TaskNames = [.. known.Tasks.Select(t => t.Facts.Task.Name)],
            ResponsibleNode = known.Tasks.Count > 0 ? settings.Tag : null,
            RunningOperation = running,
            LastBackup = known.LastGoodBackup,
            NextBackup = known.NextBackup,
            State = known.State.ToString(),
            Reason = known.Reason,
            Since = known.Since,
            Problems = [.. known.Problems.Select(t => new TaskProblemView(t.Facts.Task.Id, t.Facts.Task.Name, t.State, t.Reason, t.Since))],
            Attention = known.Problem,
        };
    }
}
