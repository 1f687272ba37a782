namespace Holdfast.State;

/// <summary>Entries as they stood at one revision.</summary>
/// <param name="Entries">In ordinal order of keys.</param>
/// <param name="Revision">The store's revision.</param>
public sealed record StateRange(IReadOnlyList<StateEntry> Entries, long Revision);
