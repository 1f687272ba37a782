namespace Holdfast.State;

/// <summary>Entries at one revision.</summary>
/// <param name="Entries">The entries, in the byte order of their UTF-8 keys.</param>
/// <param name="Revision">The store's revision.</param>
public sealed record StateRange(IReadOnlyList<StateEntry> Entries, long Revision);
