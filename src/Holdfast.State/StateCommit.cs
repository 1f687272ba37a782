namespace Holdfast.State;

/// <summary>Result of a transaction.</summary>
/// <param name="Applied">False if a condition did not hold and nothing was changed.</param>
/// <param name="Revision">The store's revision afterwards; if applied, the revision of the changes.</param>
public sealed record StateCommit(bool Applied, long Revision);
