using Holdfast.Engines.PostgreSql.Dumps;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// The order in which the objects of a dump are restored, each once: what rows depend on; while rows are loaded, the
/// indexes of loaded tables; and the rest. Within a step the order is that of the dump.
/// </summary>
/// <param name="header">The header of the dump.</param>
/// <param name="excluded">Ids of excluded objects.</param>
internal sealed class LoadOrder(DumpHeader header, IReadOnlySet<int> excluded)
{
    private readonly HashSet<int> _taken = [.. excluded];
    private readonly Dictionary<int, TocSection> _sections = header
        .Objects.GroupBy(o => o.Id)
        .ToDictionary(g => g.Key, g => g.Max(o => o.Section));
    private readonly ILookup<int, TocEntry> _indexes = header
        .Entries.Where(e => e.Kind is TocEntry.Index or TocEntry.Constraint)
        .SelectMany(e => e.DependsOn, (entry, id) => (entry, id))
        .ToLookup(e => e.id, e => e.entry);

    /// <summary>
    /// Returns what is restored before any row: definitions and sequence values. Grants come last, because an owner may
    /// have revoked its own privileges.
    /// </summary>
    public IReadOnlyList<int> TakePreData() =>
        Take(o => !o.IsGrant && (o.Section == TocSection.PreData || (o.Section == TocSection.Data && !o.HasData)));

    /// <summary>
    /// Returns the indexes, primary keys, unique and exclusion constraints of a table whose rows are loaded, if they
    /// depend on nothing else that is missing. Like <c>pg_restore --jobs</c>, it does not wait for other tables.
    /// </summary>
    public IReadOnlyList<int> TakeIndexes(TocEntry rows)
    {
        var found = rows
            .DependsOn.Where(IsDefinition)
            .SelectMany(table => _indexes[table])
            .Where(i => i.DependsOn.All(IsDefinition))
            .Select(i => i.Id)
            .ToHashSet();
        return found.Count == 0 ? [] : Take(o => found.Contains(o.Id));
    }

    /// <summary>Returns everything that is not restored yet, except data.</summary>
    /// <param name="deferred">Ids of objects that cannot be restored yet.</param>
    public IReadOnlyList<int> TakeRest(IReadOnlySet<int> deferred) =>
        Take(o => !(o.Section == TocSection.Data && o.HasData) && !deferred.Contains(o.Id));

    // An object that is not in the dump belongs to the server.
    private bool IsDefinition(int id) => !_sections.TryGetValue(id, out var section) || section == TocSection.PreData;

    private List<int> Take(Func<TocObject, bool> predicate) =>
        [.. header.Objects.Where(o => predicate(o) && _taken.Add(o.Id)).Select(o => o.Id)];
}
