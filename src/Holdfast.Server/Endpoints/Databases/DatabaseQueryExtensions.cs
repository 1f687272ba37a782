using Holdfast.Api;
using Holdfast.Api.Databases;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>Runs a <see cref="DatabaseQuery"/>.</summary>
internal static class DatabaseQueryExtensions
{
    private static readonly string[] SortKeys = ["id", "urgency", "name", "size", "lastBackup", "nextBackup"];

    /// <summary>The requested page.</summary>
    public static Page<DatabaseView> Execute(this DatabaseQuery query, HoldfastNode node)
    {
        var limit = query.Limit ?? 100;
        Paging.ValidateLimit(limit);
        ValidationException.ThrowIfAny([.. query.Validate()]);
        var found = query
            .ApplyOrder(node, query.Filter(node))
            .Skip(query.Skip ?? 0)
            .Take(limit + 1)
            .Select(s => ViewFactory.CreateDatabaseView(node, s))
            .ToList();
        var page = Paging.ToPage(found, limit, d => d.Id);
        return IsSortedById(query) ? page : page with { Next = null };
    }

    /// <summary>How many there are in each state, of all that the query would show but for <see cref="DatabaseQuery.State"/>.</summary>
    public static DatabaseCounts Count(this DatabaseQuery query, HoldfastNode node)
    {
        ValidationException.ThrowIfAny([.. query.Validate()]);
        return DatabaseCounter.Count((query with { State = null, After = null }).Filter(node));
    }

    private static bool IsSortedById(DatabaseQuery query) => query.Sort is null or "id" && query.Descending != true;

    private static IEnumerable<ValidationError> Validate(this DatabaseQuery query)
    {
        foreach (var state in query.ParseStates().Where(s => !DatabaseStates.All.Contains(s, StringComparer.OrdinalIgnoreCase)))
        {
            yield return new("state", $"There is no state '{state}'.", $"Give {string.Join(", ", DatabaseStates.All)}.");
        }
        if (query.Sort is not null && !SortKeys.Contains(query.Sort, StringComparer.Ordinal))
        {
            yield return new("sort", $"There is no order '{query.Sort}'.", $"Give one of {string.Join(", ", SortKeys)}.");
        }
        if (query.Skip < 0)
        {
            yield return new("skip", $"{query.Skip} cannot be left out.", "Give 0 or more.");
        }
        if (query.After is not null && !IsSortedById(query))
        {
            yield return new("after", "A list in this order has no such places.", "Give 'skip' instead.");
        }
    }

    private static string[] ParseStates(this DatabaseQuery query) =>
        query.State?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static IEnumerable<DatabaseProtection> Filter(this DatabaseQuery query, HoldfastNode node)
    {
        var states = query.ParseStates().Select(s => Enum.Parse<ProtectionState>(s, ignoreCase: true)).ToHashSet();
        var template = query.Template is null ? null : node.Tasks.FindTemplate(query.Template)?.Id ?? "";
        foreach (var record in query.FindRecords(node))
        {
            if (template is not null && !node.Tasks.Of(record.Id).Any(t => t.TemplateId == template))
            {
                continue;
            }
            var protection = node.Protection.Of(record, template);
            if (states.Count == 0 || states.Contains(protection.State))
            {
                yield return protection;
            }
        }
    }

    // In order of ids they are looked at only as far as the page goes.
    private static IEnumerable<DatabaseRecord> FindRecords(this DatabaseQuery query, HoldfastNode node)
    {
        var found = node.State.Databases.Items.Where(r =>
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
        return keys.Select(node.State.Databases.Find).OfType<DatabaseRecord>();
    }

    private static IEnumerable<DatabaseProtection> ApplyOrder(
        this DatabaseQuery query,
        HoldfastNode node,
        IEnumerable<DatabaseProtection> found
    )
    {
        if (IsSortedById(query))
        {
            return found;
        }
        var ordered = query.Sort switch
        {
            "urgency" => query.SortBy(found, s => s.State),
            "name" => query.SortBy(found, s => s.Record.Id.Name, StringComparer.OrdinalIgnoreCase),
            "size" => query.SortBy(found, s => ViewFactory.GetSizeBytes(node, s.Record)),
            "lastBackup" => query.SortBy(found, s => s.LastGoodBackup ?? DateTimeOffset.MinValue),
            "nextBackup" => query.SortBy(found, s => s.NextBackup ?? DateTimeOffset.MaxValue),
            _ => query.SortBy(found, s => s.Record.Id.ToString(), StringComparer.Ordinal),
        };
        return ordered.ThenBy(s => s.Record.Id.ToString(), StringComparer.Ordinal);
    }

    private static IOrderedEnumerable<DatabaseProtection> SortBy<T>(
        this DatabaseQuery query,
        IEnumerable<DatabaseProtection> found,
        Func<DatabaseProtection, T> key,
        IComparer<T>? comparer = null
    ) => query.Descending == true ? found.OrderByDescending(key, comparer) : found.OrderBy(key, comparer);
}
