using Holdfast.Engines.PostgreSql.Dumps;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// In which steps the objects of a dump are made, each once: what rows need; while rows are loaded, the indexes of
/// tables that have theirs; and the rest.
/// Within a step the order is that of the dump.
/// </summary>
/// <param name="head">The dump's head.</param>
/// <param name="left">Numbers of objects that are left out.</param>
internal sealed class LoadOrder(DumpHeader head, IReadOnlySet<int> left)
{
    private readonly HashSet<int> _taken = [.. left];
    private readonly Dictionary<int, TocSection> _sections = head
        .Objects.GroupBy(o => o.Id)
        .ToDictionary(g => g.Key, g => g.Max(o => o.Section));
    private readonly ILookup<int, TocEntry> _indexes = head
        .Entries.Where(e => e.Kind is TocEntry.Index or TocEntry.Constraint)
        .SelectMany(e => e.DependsOn, (entry, id) => (entry, id))
        .ToLookup(e => e.id, e => e.entry);

    /// <summary>
    /// What is made before any row is loaded: definitions, and the values of sequences. Grants come last, for an owner
    /// may have taken rights from itself.
    /// </summary>
    public IReadOnlyList<int> TakePreData() =>
        Take(o => !o.IsGrant && (o.Section == TocSection.PreData || (o.Section == TocSection.Data && !o.HasData)));

    /// <summary>
    /// Indexes, primary keys, unique and excluding constraints of a table whose rows are all there, and which need
    /// nothing else that is not there yet. As with
    /// <c>pg_restore --jobs</c>, which does not wait for other tables either.
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

    /// <summary>All that was not taken yet, apart from data.</summary>
    /// <param name="late">Numbers of objects that cannot be made yet.</param>
    public IReadOnlyList<int> TakeRest(IReadOnlySet<int> late) =>
        Take(o => !(o.Section == TocSection.Data && o.HasData) && !late.Contains(o.Id));

    // One that the dump does not have is the server's own.
    private bool IsDefinition(int id) => !_sections.TryGetValue(id, out var section) || section == TocSection.PreData;

    private List<int> Take(Func<TocObject, bool> which) => [.. head.Objects.Where(o => which(o) && _taken.Add(o.Id)).Select(o => o.Id)];
}
