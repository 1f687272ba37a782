namespace Holdfast.Api.Runs;

/// <summary>Which runs a list shows.</summary>
public sealed record RunQuery
{
    /// <summary>Only those of the server-wide backup task of this name.</summary>
    public string? Template { get; init; }

    /// <summary>Only those that are over, or that are not.</summary>
    public bool? Ended { get; init; }

    /// <summary><c>next</c> of the page before.</summary>
    public string? After { get; init; }

    /// <summary>The most items, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    internal string ToPath(string? after) =>
        ApiRoutes.WithQuery(
            RunRoutes.List,
            ("template", Template),
            ("ended", ApiRoutes.Text(Ended)),
            ("after", after),
            ("limit", ApiRoutes.Text(Limit ?? ApiRoutes.MaxPageSize))
        );
}
