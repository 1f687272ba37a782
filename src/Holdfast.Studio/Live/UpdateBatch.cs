using Holdfast.Api.Events;
using Holdfast.Core.Operations;

namespace Holdfast.Studio.Live;

/// <summary>The events since the previous batch.</summary>
/// <param name="Operations">Operations that started, progressed or ended.</param>
/// <param name="Changed">
/// Kinds of objects that were added, changed or removed: <c>databases</c>, <c>tasks</c>, <c>alert</c>. All of them if
/// there were too many events to report one by one.
/// </param>
public sealed record UpdateBatch(IReadOnlyList<Operation> Operations, IReadOnlySet<string> Changed)
{
    /// <summary>Whether anything but the progress of running operations has changed, so that lists must be reloaded.</summary>
    public bool HasChanges => Changed.Count > 0 || HasNew || Operations.Any(o => o.HasEnded || o.State == OperationState.Queued);

    /// <summary>
    /// Whether an operation runs that no batch has shown as running before. Its progress does not say so: an operation can have read
    /// everything before the first event of it is sent.
    /// </summary>
    private bool HasNew { get; init; }

    /// <summary>A batch that makes every component reload.</summary>
    internal static UpdateBatch Everything { get; } = Of([new("reload", new { })], []);

    /// <summary>Creates a batch.</summary>
    /// <param name="events">The events.</param>
    /// <param name="running">Ids of the operations that were shown as running; updated.</param>
    internal static UpdateBatch Of(IReadOnlyList<ServerEvent> events, HashSet<string> running)
    {
        var changed = events.Select(e => e.Name).Where(n => n != "operation").ToHashSet(StringComparer.Ordinal);
        if (changed.Contains("reload"))
        {
            changed.UnionWith(["databases", "tasks", "alert", "destinations", "sources"]);
        }
        var operations = events.Select(e => e.Data).OfType<Operation>().ToList();
        var hasNew = false;
        foreach (var operation in operations)
        {
            if (operation.HasEnded)
            {
                running.Remove(operation.Id);
            }
            else if (operation.State == OperationState.Running)
            {
                hasNew |= running.Add(operation.Id);
            }
        }
        return new(operations, changed) { HasNew = hasNew };
    }
}
