using Holdfast.Core.Alerts;

namespace Holdfast.Api.Alerts;

/// <summary>Which alerts a list shows.</summary>
public sealed record AlertQuery
{
    /// <summary>Only those of this kind.</summary>
    public AlertKind? Kind { get; init; }

    /// <summary>Only those of this severity.</summary>
    public AlertSeverity? Severity { get; init; }

    /// <summary>Only those about this database.</summary>
    public string? Database { get; init; }

    /// <summary>Only those about this destination.</summary>
    public string? Destination { get; init; }

    /// <summary>Only those about this source.</summary>
    public string? Source { get; init; }

    /// <summary><c>next</c> of the page before.</summary>
    public string? After { get; init; }

    /// <summary>The most items of a page, 1 to 1,000.</summary>
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
