namespace Holdfast.State.Embedded;

/// <summary>What one transaction changed.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="Puts">Entries that it put.</param>
/// <param name="Deletes">Keys that it deleted, and that were there.</param>
internal sealed record AppliedChanges(long Revision, IReadOnlyList<StateEntry> Puts, IReadOnlyList<string> Deletes);
