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
    public bool HasChanges =>
        Changed.Count > 0 || Operations.Any(o => o.HasEnded || o.State == OperationState.Queued || o.Progress.DoneBytes == 0);

    /// <summary>A batch that makes every component reload.</summary>
    internal static UpdateBatch Everything { get; } = Of([new("reload", new { })]);

    internal static UpdateBatch Of(IReadOnlyList<ServerEvent> events)
    {
        var changed = events.Select(e => e.Name).Where(n => n != "operation").ToHashSet(StringComparer.Ordinal);
        if (changed.Contains("reload"))
        {
            changed.UnionWith(["databases", "tasks", "alert", "destinations", "sources"]);
        }
        return new([.. events.Select(e => e.Data).OfType<Operation>()], changed);
    }
}
