namespace Holdfast.Api.Events;

/// <summary>Reports that databases, tasks, destinations or sources were added, changed or removed.</summary>
/// <param name="Ids">Ids of some or all of them.</param>
/// <param name="More">Whether there are more than <paramref name="Ids"/> contains.</param>
public sealed record ChangedEvent(IReadOnlyCollection<string> Ids, bool More);
