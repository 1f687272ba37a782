using Holdfast.Core.Operations;

namespace Holdfast.Api.Operations;

/// <summary>A filter for the list of operations.</summary>
public sealed record OperationQuery
{
    /// <summary>Only operations of the database with this id.</summary>
    public string? Database { get; init; }

    /// <summary>Only operations of databases whose id, or of destinations whose name contains this text, ignoring case.</summary>
    public string? Search { get; init; }

    /// <summary>Only operations of the task with this id.</summary>
    public string? Task { get; init; }

    /// <summary>Only operations of the run with this id.</summary>
    public string? Run { get; init; }

    /// <summary>Only operations of this kind.</summary>
    public OperationKind? Kind { get; init; }

    /// <summary>Only operations in this state.</summary>
    public OperationState? State { get; init; }

    /// <summary>Only operations that have ended, or only those that have not.</summary>
    public bool? Ended { get; init; }

    /// <summary>Position from <c>next</c> of the previous page.</summary>
    public string? After { get; init; }

    /// <summary>Maximum number of items, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    internal string ToPath(string route, string? after) =>
        ApiRoutes.WithQuery(
            route,
            ("database", Database),
            ("search", Search),
            ("task", Task),
            ("run", Run),
            ("kind", Kind?.ToString()),
            ("state", State?.ToString()),
            ("ended", ApiRoutes.Text(Ended)),
            ("after", after),
            ("limit", ApiRoutes.Text(Limit ?? ApiRoutes.MaxPageSize))
        );
}
