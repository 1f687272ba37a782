using Holdfast.Core.Alerts;

namespace Holdfast.Api.Alerts;

/// <summary>A filter for the list of alerts.</summary>
public sealed record AlertQuery
{
    /// <summary>Only alerts of this kind.</summary>
    public AlertKind? Kind { get; init; }

    /// <summary>Only alerts of at least this severity.</summary>
    public AlertSeverity? Severity { get; init; }

    /// <summary>Only alerts about the database with this id.</summary>
    public string? Database { get; init; }

    /// <summary>Only alerts about this destination.</summary>
    public string? Destination { get; init; }

    /// <summary>Only alerts about this source.</summary>
    public string? Source { get; init; }

    /// <summary>Position from <c>next</c> of the previous page.</summary>
    public string? After { get; init; }

    /// <summary>Maximum number of items on a page, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    internal string ToPath(string? after) =>
        ApiRoutes.WithQuery(
            AlertRoutes.List,
            ("kind", Kind?.ToString()),
            ("severity", Severity?.ToString()),
            ("database", Database),
            ("destination", Destination),
            ("source", Source),
            ("after", after ?? After),
            ("limit", ApiRoutes.Text(Limit ?? ApiRoutes.MaxPageSize))
        );
}
