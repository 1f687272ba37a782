namespace Holdfast.Core.Runs;

/// <summary>
/// A chunk of the list of databases that were due in a run. The list of a large server does not fit into one value of a state store.
/// </summary>
/// <param name="Items">Databases, unordered.</param>
public sealed record DueDatabaseChunk(IReadOnlyList<DueDatabase> Items);
