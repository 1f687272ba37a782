using Holdfast.Api;
using Holdfast.Api.Databases;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Coverage;
using Holdfast.Node.Discovery;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>Executes a <see cref="DatabaseQuery"/>.</summary>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="protection">How well each database is protected.</param>
/// <param name="sizes">Sizes of databases.</param>
/// <param name="views">Creates the views.</param>
internal sealed class DatabaseSearch(
    DatabaseRecords databases,
    TaskRegistry tasks,
    ProtectionReader protection,
    DatabaseSizes sizes,
    DatabaseViewFactory views
)
{
    private static readonly string[] SortKeys = ["id", "urgency", "name", "size", "lastBackup", "nextBackup"];

    /// <summary>Returns the requested page.</summary>
    public Page<DatabaseView> Execute(DatabaseQuery query)
    {
        var limit = query.Limit ?? 100;
        Paging.ValidateLimit(limit);
        ValidationException.ThrowIfAny([.. Validate(query)]);
        var found = ApplyOrder(query, Filter(query)).Skip(query.Skip ?? 0).Take(limit + 1).Select(views.Create).ToList();
        var page = Paging.ToPage(found, limit, d => d.Id);
        return IsSortedById(query) ? page : page with { Next = null };
    }

    /// <summary>Counts the matching databases in each state, ignoring <see cref="DatabaseQuery.State"/>.</summary>
    public DatabaseCounts Count(DatabaseQuery query)
    {
        ValidationException.ThrowIfAny([.. Validate(query)]);
        return DatabaseCounter.Count(Filter(query with { State = null, After = null }));
    }

    private static bool IsSortedById(DatabaseQuery query) => query.Sort is null or "id" && query.Descending != true;

    private static IEnumerable<ValidationError> Validate(DatabaseQuery query)
    {
        foreach (var state in ParseStates(query).Where(s => !DatabaseStates.All.Contains(s, StringComparer.OrdinalIgnoreCase)))
        {
            yield return new("state", $"There is no state '{state}'.", $"Give {string.Join(", ", DatabaseStates.All)}.");
        }
        if (query.Sort is not null && !SortKeys.Contains(query.Sort, StringComparer.Ordinal))
        {
            yield return new("sort", $"There is no sort order '{query.Sort}'.", $"Give one of {string.Join(", ", SortKeys)}.");
        }
        if (query.Skip < 0)
        {
            yield return new("skip", $"{query.Skip} items cannot be skipped.", "Give 0 or more.");
        }
        if (query.After is not null && !IsSortedById(query))
        {
            yield return new("after", "A list in this order has no 'next'.", "Use 'skip' instead.");
        }
    }

    private static string[] ParseStates(DatabaseQuery query) =>
        query.State?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private IEnumerable<DatabaseProtection> Filter(DatabaseQuery query)
    {
        var states = ParseStates(query).Select(s => Enum.Parse<ProtectionState>(s, ignoreCase: true)).ToHashSet();
        var template = query.Template is null ? null : tasks.FindTemplate(query.Template)?.Id ?? "";
        foreach (var record in FindRecords(query))
        {
            if (template is not null && !tasks.Of(record.Id).Any(t => t.TemplateId == template))
            {
                continue;
            }
            var found = protection.Of(record, template);
            if (states.Count == 0 || states.Contains(found.State))
            {
                yield return found;
            }
        }
    }

    // Sorted by id, records are only read as far as the page needs.
    private IEnumerable<DatabaseRecord> FindRecords(DatabaseQuery query)
    {
        var found = databases.Items.Where(r =>
            (query.Source is null || r.Value.Id.Source == query.Source)
            && (query.Search is null || r.Key.Contains(query.Search, StringComparison.OrdinalIgnoreCase))
            && (query.After is null || string.CompareOrdinal(r.Key, query.After) > 0)
        );
        if (!IsSortedById(query))
        {
            return found.Select(r => r.Value);
        }
        string[] keys = [.. found.Select(r => r.Key)];
        Array.Sort(keys, StringComparer.Ordinal);
        return keys.Select(databases.Find).OfType<DatabaseRecord>();
    }

    private IEnumerable<DatabaseProtection> ApplyOrder(DatabaseQuery query, IEnumerable<DatabaseProtection> found)
    {
        if (IsSortedById(query))
        {
            return found;
        }
        var ordered = query.Sort switch
        {
            "urgency" => SortBy(query, found, s => s.State),
            "name" => SortBy(query, found, s => s.Record.Id.Name, StringComparer.OrdinalIgnoreCase),
            "size" => SortBy(query, found, s => sizes.Of(s.Record)),
            "lastBackup" => SortBy(query, found, s => s.LastGoodBackup ?? DateTimeOffset.MinValue),
            "nextBackup" => SortBy(query, found, s => s.NextBackup ?? DateTimeOffset.MaxValue),
            _ => SortBy(query, found, s => s.Record.Id.ToString(), StringComparer.Ordinal),
        };
        return ordered.ThenBy(s => s.Record.Id.ToString(), StringComparer.Ordinal);
    }

    private static IOrderedEnumerable<DatabaseProtection> SortBy<T>(
        DatabaseQuery query,
        IEnumerable<DatabaseProtection> found,
        Func<DatabaseProtection, T> key,
        IComparer<T>? comparer = null
    ) => query.Descending == true ? found.OrderByDescending(key, comparer) : found.OrderBy(key, comparer);
}
