using Holdfast.Api.Events;
using Holdfast.Core.Operations;

namespace Holdfast.Studio.Live;

/// <summary>What happened since the last time.</summary>
/// <param name="Operations">Operations that began, went on or ended.</param>
/// <param name="Changed">
/// Kinds of things that came, changed or went: <c>databases</c>, <c>tasks</c>, <c>alert</c>; all of them where so much
/// happened that it was not told one by one.
/// </param>
public sealed record UpdateBatch(IReadOnlyList<Operation> Operations, IReadOnlySet<string> Changed)
{
    /// <summary>Whether something other than the progress of what runs changed: lists are worth loading again.</summary>
    public bool HasChanges =>
        Changed.Count > 0 || Operations.Any(o => o.HasEnded || o.State == OperationState.Queued || o.Progress.DoneBytes == 0);

    /// <summary>That anything may have happened: everything is worth loading again.</summary>
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
