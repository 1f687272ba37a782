namespace Holdfast.Api.Databases;

/// <summary>Which databases a list shows, and in which order.</summary>
public sealed record DatabaseQuery
{
    /// <summary>Only those of this source.</summary>
    public string? Source { get; init; }

    /// <summary>Only those in one of these states, divided by commas.</summary>
    public string? State { get; init; }

    /// <summary>Only those whose id holds this, whatever the case.</summary>
    public string? Search { get; init; }

    /// <summary>
    /// Only those that the server-wide backup task of this name covers; their states are those that its tasks alone
    /// give them.
    /// </summary>
    public string? Template { get; init; }

    /// <summary>
    /// <c>id</c> (the default), <c>urgency</c> (what needs a hand first), <c>name</c>, <c>size</c>, <c>lastBackup</c>
    /// or <c>nextBackup</c>.
    /// </summary>
    public string? Sort { get; init; }

    /// <summary>Whether the order is turned round.</summary>
    public bool? Descending { get; init; }

    /// <summary><c>next</c> of the page before; for lists in order of ids.</summary>
    public string? After { get; init; }

    /// <summary>How many to leave out at the beginning; for lists in any order.</summary>
    public int? Skip { get; init; }

    /// <summary>The most items, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    internal bool IsSortedById => Sort is null or "id" && Descending != true;

    internal int PageSize => Limit ?? ApiRoutes.MaxPageSize;

    internal string ToPath(string route, string? after, int? skip) =>
        ApiRoutes.WithQuery(
            route,
            ("source", Source),
            ("state", State),
            ("search", Search),
            ("template", Template),
            ("sort", Sort),
            ("descending", ApiRoutes.Text(Descending)),
            ("after", after),
            ("skip", ApiRoutes.Text(skip)),
            ("limit", ApiRoutes.Text(PageSize))
        );
}
