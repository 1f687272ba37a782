using Holdfast.Api;
using Holdfast.Api.Operations;
using Holdfast.Core.Operations;
using Holdfast.Node;
using Holdfast.Node.Operations;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Operations;

/// <summary>Executes an <see cref="OperationQuery"/>.</summary>
internal static class OperationQueryExtensions
{
    /// <summary>Returns the requested page.</summary>
    public static Page<Operation> Execute(this OperationQuery query, OperationStore operations)
    {
        var limit = query.Limit ?? 100;
        Paging.ValidateLimit(limit);
        query.Validate();
        return Paging.ToPage(
            query
                .Filter(operations)
                .Where(o => query.After is null || string.CompareOrdinal(o.Id, query.After) < 0)
                .OrderByDescending(o => o.Id, StringComparer.Ordinal)
                .Take(limit + 1)
                .ToList(),
            limit,
            o => o.Id
        );
    }

    /// <summary>Counts the matching operations in each state, ignoring <see cref="OperationQuery.State"/>.</summary>
    public static OperationCounts Count(this OperationQuery query, OperationStore operations)
    {
        query.Validate();
        var counts = (query with { State = null }).Filter(operations).CountBy(o => o.State).ToDictionary();
        return new(counts.Values.Sum(), Enum.GetValues<OperationState>().ToDictionary(s => s.ToString(), s => counts.GetValueOrDefault(s)));
    }

    private static void Validate(this OperationQuery query) =>
        ValidationException.ThrowIfAny([.. Paging.ValidateEnum("kind", query.Kind), .. Paging.ValidateEnum("state", query.State)]);

    private static IEnumerable<Operation> Filter(this OperationQuery query, OperationStore operations) =>
        operations.Unordered.Where(o =>
            (query.State is null || o.State == query.State)
            && (query.Ended is null || o.HasEnded == query.Ended)
            && (query.Kind is null || o.Kind == query.Kind)
            && (query.Task is null || o.TaskId == query.Task)
            && (query.Run is null || o.RunId == query.Run)
            && ((query.Database is null && query.Search is null) || query.Matches(o))
        );

    private static bool Matches(this OperationQuery query, Operation operation) =>
        (query.Database is null || operation.Database?.ToString() == query.Database)
        && (query.Search is null || operation.Subject.Contains(query.Search, StringComparison.OrdinalIgnoreCase));
}
