namespace Holdfast.State;

/// <summary>What became of a transaction.</summary>
/// <param name="Applied">False where a condition did not hold: nothing was changed.</param>
/// <param name="Revision">The store's revision after it; that of the changes where they were applied.</param>
public sealed record StateCommit(bool Applied, long Revision);
