namespace Holdfast.State;

/// <summary>Changes under a watched prefix.</summary>
/// <param name="IsSnapshot">True if <paramref name="Puts"/> contains all entries; any other entry no longer exists.</param>
/// <param name="Puts">New and changed entries, with their current values.</param>
/// <param name="Deletes">Deleted keys.</param>
/// <param name="Revision">The revision that the watcher has reached.</param>
public sealed record StateBatch(bool IsSnapshot, IReadOnlyList<StateEntry> Puts, IReadOnlyList<string> Deletes, long Revision);
