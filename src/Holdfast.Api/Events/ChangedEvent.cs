namespace Holdfast.Api.Events;

/// <summary>That databases, tasks or destinations came, changed or went.</summary>
/// <param name="Ids">Ids of some of them.</param>
/// <param name="More">Whether there are more than are named.</param>
public sealed record ChangedEvent(IReadOnlyCollection<string> Ids, bool More);
