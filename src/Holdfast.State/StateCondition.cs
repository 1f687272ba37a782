namespace Holdfast.State;

/// <summary>Holds where the entry was last changed at the revision given.</summary>
/// <param name="Key">The key.</param>
/// <param name="ModRevision">0: the key must not exist.</param>
public sealed record StateCondition(string Key, long ModRevision);
