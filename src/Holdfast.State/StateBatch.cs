namespace Holdfast.State;

/// <summary>What changed under a prefix that is followed.</summary>
/// <param name="IsSnapshot">True where <paramref name="Puts"/> is all there is, and what is not among it is gone.</param>
/// <param name="Puts">New and changed entries, each as it is now.</param>
/// <param name="Deletes">Keys that are gone.</param>
/// <param name="Revision">The revision that the follower now stands at.</param>
public sealed record StateBatch(bool IsSnapshot, IReadOnlyList<StateEntry> Puts, IReadOnlyList<string> Deletes, long Revision);
