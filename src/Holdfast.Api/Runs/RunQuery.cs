namespace Holdfast.Api.Runs;

/// <summary>A filter for the list of runs.</summary>
public sealed record RunQuery
{
    /// <summary>Only runs of the server-wide backup task with this name.</summary>
    public string? Template { get; init; }

    /// <summary>Only runs that have ended, or only those that have not.</summary>
    public bool? Ended { get; init; }

    /// <summary>Position from <c>next</c> of the previous page.</summary>
    public string? After { get; init; }

    /// <summary>Maximum number of items, 1 to 1,000; 100 by default.</summary>
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
