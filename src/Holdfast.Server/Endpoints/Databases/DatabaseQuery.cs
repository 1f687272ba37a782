using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Mvc;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>Which databases a list shows, and in which order.</summary>
public sealed record DatabaseQuery
{
    private static readonly string[] SortKeys = ["id", "urgency", "name", "size", "lastBackup", "nextBackup"];

    /// <summary>Only those of this source.</summary>
    [FromQuery(Name = "source")]
    public string? Source { get; init; }

    /// <summary>Only those in one of these states, divided by commas.</summary>
    [FromQuery(Name = "state")]
    public string? State { get; init; }

    /// <summary>Only those whose id holds this, whatever the case.</summary>
    [FromQuery(Name = "search")]
    public string? Search { get; init; }

    /// <summary>
    /// Only those that the server-wide backup task of this name covers; their states are those that its tasks alone
    /// give them.
    /// </summary>
    [FromQuery(Name = "template")]
    public string? Template { get; init; }

    /// <summary>
    /// <c>id</c> (the default), <c>urgency</c> (what needs a hand first), <c>name</c>, <c>size</c>, <c>lastBackup</c>
    /// or <c>nextBackup</c>.
    /// </summary>
    [FromQuery(Name = "sort")]
    public string? Sort { get; init; }

    /// <summary>Whether the order is turned round.</summary>
    [FromQuery(Name = "descending")]
    public bool? Descending { get; init; }

    /// <summary><c>next</c> of the page before; for lists in order of ids.</summary>
    [FromQuery(Name = "after")]
    public string? After { get; init; }

    /// <summary>How many to leave out at the beginning; for lists in any order.</summary>
    [FromQuery(Name = "skip")]
    public int? Skip { get; init; }

    /// <summary>The most items, 1 to 1,000; 100 by default.</summary>
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <summary>The page that is asked for.</summary>
    internal Page<DatabaseView> Execute(HoldfastNode node)
    {
        var limit = Limit ?? 100;
        Paging.ValidateLimit(limit);
        ValidationException.ThrowIfAny([.. Validate()]);
        var found = ApplyOrder(node, Filter(node))
            .Skip(Skip ?? 0)
            .Take(limit + 1)
            .Select(s => ViewFactory.CreateDatabaseView(node, s))
            .ToList();
        var page = Paging.ToPage(found, limit, d => d.Id);
        return IsSortedById ? page : page with { Next = null };
    }

    /// <summary>How many there are in each state, of all that the query would show but for <see cref="State"/>.</summary>
    internal DatabaseCounts Count(HoldfastNode node)
    {
        ValidationException.ThrowIfAny([.. Validate()]);
        return DatabaseCounts.Of((this with { State = null, After = null }).Filter(node));
    }

    private bool IsSortedById => Sort is null or "id" && Descending != true;

    private IEnumerable<ValidationError> Validate()
    {
        foreach (var state in ParseStates().Where(s => !DatabaseStates.All.Contains(s, StringComparer.OrdinalIgnoreCase)))
        {
            yield return new("state", $"There is no state '{state}'.", $"Give {string.Join(", ", DatabaseStates.All)}.");
        }
        if (Sort is not null && !SortKeys.Contains(Sort, StringComparer.Ordinal))
        {
            yield return new("sort", $"There is no order '{Sort}'.", $"Give one of {string.Join(", ", SortKeys)}.");
        }
        if (Skip < 0)
        {
            yield return new("skip", $"{Skip} cannot be left out.", "Give 0 or more.");
        }
        if (After is not null && !IsSortedById)
        {
            yield return new("after", "A list in this order has no such places.", "Give 'skip' instead.");
        }
    }

    private string[] ParseStates() => State?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private IEnumerable<DatabaseProtection> Filter(HoldfastNode node)
    {
        var states = ParseStates().Select(s => Enum.Parse<ProtectionState>(s, ignoreCase: true)).ToHashSet();
        var template = Template is null ? null : node.Tasks.FindTemplate(Template)?.Id ?? "";
        foreach (var record in FindRecords(node))
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
    private IEnumerable<DatabaseRecord> FindRecords(HoldfastNode node)
    {
        var found = node.State.Databases.Items.Where(r =>
            (Source is null || r.Value.Id.Source == Source)
            && (Search is null || r.Key.Contains(Search, StringComparison.OrdinalIgnoreCase))
            && (After is null || string.CompareOrdinal(r.Key, After) > 0)
        );
        if (!IsSortedById)
        {
            return found.Select(r => r.Value);
        }
        string[] keys = [.. found.Select(r => r.Key)];
        Array.Sort(keys, StringComparer.Ordinal);
        return keys.Select(node.State.Databases.Find).OfType<DatabaseRecord>();
    }

    private IEnumerable<DatabaseProtection> ApplyOrder(HoldfastNode node, IEnumerable<DatabaseProtection> found)
    {
        if (IsSortedById)
        {
            return found;
        }
        var ordered = Sort switch
        {
            "urgency" => SortBy(found, s => s.State),
            "name" => SortBy(found, s => s.Record.Id.Name, StringComparer.OrdinalIgnoreCase),
            "size" => SortBy(found, s => ViewFactory.GetSizeBytes(node, s.Record)),
            "lastBackup" => SortBy(found, s => s.LastGoodBackup ?? DateTimeOffset.MinValue),
            "nextBackup" => SortBy(found, s => s.NextBackup ?? DateTimeOffset.MaxValue),
            _ => SortBy(found, s => s.Record.Id.ToString(), StringComparer.Ordinal),
        };
        return ordered.ThenBy(s => s.Record.Id.ToString(), StringComparer.Ordinal);
    }

    private IOrderedEnumerable<DatabaseProtection> SortBy<T>(
        IEnumerable<DatabaseProtection> found,
        Func<DatabaseProtection, T> key,
        IComparer<T>? comparer = null
    ) => Descending == true ? found.OrderByDescending(key, comparer) : found.OrderBy(key, comparer);
}
