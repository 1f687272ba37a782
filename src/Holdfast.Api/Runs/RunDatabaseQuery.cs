namespace Holdfast.Api.Runs;

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
