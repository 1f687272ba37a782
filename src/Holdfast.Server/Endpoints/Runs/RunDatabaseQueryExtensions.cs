using Holdfast.Api;
using Holdfast.Api.Runs;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Runs;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Runs;

/// <summary>Executes a <see cref="RunDatabaseQuery"/>.</summary>
internal static class RunDatabaseQueryExtensions
{
    /// <summary>Returns the requested page.</summary>
    public static Page<RunDatabaseView> Execute(this RunDatabaseQuery query, RunRegistry runs, string run)
    {
        var limit = query.Limit ?? 100;
        Paging.ValidateLimit(limit);
        var states = query.State?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        ValidationException.ThrowIfAny([.. query.Validate(states)]);
        var order = RunDatabaseStates.All.Index().ToDictionary(s => s.Item, s => s.Index, StringComparer.Ordinal);
        var found = runs.DatabasesOf(run)
            .Where(d =>
                (states.Length == 0 || states.Contains(d.State, StringComparer.OrdinalIgnoreCase))
                && (query.Search is null || d.Database.Contains(query.Search, StringComparison.OrdinalIgnoreCase))
            );
        return new([
            .. found
                .OrderBy(d => order[d.State])
                .ThenBy(d => d.Database, StringComparer.Ordinal)
                .Skip(query.Skip ?? 0)
                .Take(limit)
                .Select(RunDatabaseMapper.ToView),
        ]);
    }

    private static IEnumerable<ValidationError> Validate(this RunDatabaseQuery query, string[] states)
    {
        foreach (var state in states.Where(s => !RunDatabaseStates.All.Contains(s, StringComparer.OrdinalIgnoreCase)))
        {
            yield return new("state", $"There is no state '{state}'.", $"Give {string.Join(", ", RunDatabaseStates.All)}.");
        }

        if (query.Skip < 0)
        {
            yield return new("skip", $"{query.Skip} items cannot be skipped.", "Give 0 or more.");
        }
    }
}
