using Holdfast.Core.Operations;

namespace Holdfast.Api.Operations;

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
