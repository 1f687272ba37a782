using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Runs;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Runs;

/// <summary>Which databases of a run a list shows: what failed and what was missed first.</summary>
public sealed record RunDatabaseQuery
{
    /// <summary>Only those in one of these states, divided by commas.</summary>
    public string? State { get; init; }

    /// <summary>Only those whose id holds this, whatever the case.</summary>
    public string? Search { get; init; }

    /// <summary>How many to leave out at the beginning.</summary>
    public int? Skip { get; init; }

    /// <summary>The most items, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    /// <summary>The page that is asked for.</summary>
    internal Page<RunDatabaseView> Execute(HoldfastNode node, string run)
    {
        var limit = Limit ?? 100;
        Paging.ValidateLimit(limit);
        var states = State?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        ValidationException.ThrowIfAny([.. Validate(states)]);
        var order = RunDatabase.States.Index().ToDictionary(s => s.Item, s => s.Index, StringComparer.Ordinal);
        var found = node
            .Runs.DatabasesOf(run)
            .Where(d =>
                (states.Length == 0 || states.Contains(d.State, StringComparer.OrdinalIgnoreCase))
                && (Search is null || d.Database.Contains(Search, StringComparison.OrdinalIgnoreCase))
            );
        return new([
            .. found
                .OrderBy(d => order[d.State])
                .ThenBy(d => d.Database, StringComparer.Ordinal)
                .Skip(Skip ?? 0)
                .Take(limit)
                .Select(RunDatabaseView.Of),
        ]);
    }

    private IEnumerable<ValidationError> Validate(string[] states)
    {
        foreach (var state in states.Where(s => !RunDatabase.States.Contains(s, StringComparer.OrdinalIgnoreCase)))
        {
            yield return new("state", $"There is no state '{state}'.", $"Give {string.Join(", ", RunDatabase.States)}.");
        }

        if (Skip < 0)
        {
            yield return new("skip", $"{Skip} cannot be left out.", "Give 0 or more.");
        }
    }
}
