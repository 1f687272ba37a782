namespace Holdfast.Core.Runs;

/// <summary>
/// A piece of the list of databases that were due in a run. The list of a large server does not fit into one value of a
/// state store.
/// </summary>
/// <param name="Items">Databases, in no order.</param>
public sealed record DueDatabaseChunk(IReadOnlyList<DueDatabase> Items);
