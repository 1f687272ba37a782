using Holdfast.Core.Operations;
using Holdfast.Node;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Operations;

/// <summary>Which operations a list shows.</summary>
public sealed record OperationQuery
{
    /// <summary>Only those of this database.</summary>
    public string? Database { get; init; }

    /// <summary>Only those of databases whose id holds this, whatever the case.</summary>
    public string? Search { get; init; }

    /// <summary>Only those of the task with this id.</summary>
    public string? Task { get; init; }

    /// <summary>Only those of the run with this id.</summary>
    public string? Run { get; init; }

    /// <summary>Only those of this kind.</summary>
    public OperationKind? Kind { get; init; }

    /// <summary>Only those in this state.</summary>
    public OperationState? State { get; init; }

    /// <summary>Only those that have ended, or that have not.</summary>
    public bool? Ended { get; init; }

    /// <summary><c>next</c> of the page before.</summary>
    public string? After { get; init; }

    /// <summary>The most items, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    /// <summary>The page that is asked for.</summary>
    internal Page<Operation> Execute(HoldfastNode node)
    {
        var limit = Limit ?? 100;
        Paging.ValidateLimit(limit);
        Validate();
        return Paging.ToPage(
            Filter(node)
                .Where(o => After is null || string.CompareOrdinal(o.Id, After) < 0)
                .OrderByDescending(o => o.Id, StringComparer.Ordinal)
                .Take(limit + 1)
                .ToList(),
            limit,
            o => o.Id
        );
    }

    /// <summary>How many there are in each state, of all that the query would show but for <see cref="State"/>.</summary>
    internal OperationCounts Count(HoldfastNode node)
    {
        Validate();
        var counts = (this with { State = null }).Filter(node).CountBy(o => o.State).ToDictionary();
        return new(counts.Values.Sum(), Enum.GetValues<OperationState>().ToDictionary(s => s.ToString(), s => counts.GetValueOrDefault(s)));
    }

    private void Validate() =>
        ValidationException.ThrowIfAny([.. Paging.ValidateEnum("kind", Kind), .. Paging.ValidateEnum("state", State)]);

    private IEnumerable<Operation> Filter(HoldfastNode node) =>
        node.Operations.Unordered.Where(o =>
            (State is null || o.State == State)
            && (Ended is null || o.HasEnded == Ended)
            && (Kind is null || o.Kind == Kind)
            && (Task is null || o.TaskId == Task)
            && (Run is null || o.RunId == Run)
            && ((Database is null && Search is null) || MatchesDatabase(o.Database.ToString()))
        );

    private bool MatchesDatabase(string database) =>
        (Database is null || database == Database) && (Search is null || database.Contains(Search, StringComparison.OrdinalIgnoreCase));
}
