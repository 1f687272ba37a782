namespace Holdfast.State;

/// <summary>Holds if the entry was last changed at the given revision.</summary>
/// <param name="Key">The key.</param>
/// <param name="ModRevision">The revision; 0 if the key must not exist.</param>
public sealed record StateCondition(string Key, long ModRevision);
