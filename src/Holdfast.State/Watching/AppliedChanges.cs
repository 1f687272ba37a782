namespace Holdfast.State.Watching;

/// <summary>The changes of one transaction.</summary>
/// <param name="Revision">Revision of the transaction.</param>
/// <param name="Puts">Entries that were put.</param>
/// <param name="Deletes">Existing keys that were deleted.</param>
internal sealed record AppliedChanges(long Revision, IReadOnlyList<StateEntry> Puts, IReadOnlyList<string> Deletes);
