namespace Holdfast.State;

/// <summary>Entries as they stood at one revision.</summary>
/// <param name="Entries">In the order of the keys' bytes in UTF-8.</param>
/// <param name="Revision">The store's revision.</param>
public sealed record StateRange(IReadOnlyList<StateEntry> Entries, long Revision);
