namespace Holdfast.Api.Runs;

/// <summary>A filter for the databases of a run. Failed and missed ones are listed first.</summary>
public sealed record RunDatabaseQuery
{
    /// <summary>Only databases in one of these states, separated by commas.</summary>
    public string? State { get; init; }

    /// <summary>Only databases whose id contains this text, ignoring case.</summary>
    public string? Search { get; init; }

    /// <summary>Number of items to skip.</summary>
    public int? Skip { get; init; }

    /// <summary>Maximum number of items, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    internal int PageSize => Limit ?? ApiRoutes.MaxPageSize;

    internal string ToPath(string run, int? skip) =>
        ApiRoutes.WithQuery(
            ApiRoutes.Expand(RunRoutes.Databases, run),
            ("state", State),
            ("search", Search),
            ("skip", ApiRoutes.Text(skip)),
            ("limit", ApiRoutes.Text(PageSize))
        );
}
