namespace Holdfast.Api.Databases;

/// <summary>A filter and order for the list of databases.</summary>
public sealed record DatabaseQuery
{
    /// <summary>Only databases of this source.</summary>
    public string? Source { get; init; }

    /// <summary>Only databases in one of these states, separated by commas.</summary>
    public string? State { get; init; }

    /// <summary>Only databases whose id contains this text, ignoring case.</summary>
    public string? Search { get; init; }

    /// <summary>
    /// Only databases that the server-wide backup task of this name covers. Their states then consider only the tasks
    /// of that template.
    /// </summary>
    public string? Template { get; init; }

    /// <summary>
    /// Sort order: <c>id</c> (default), <c>urgency</c> (most urgent first), <c>name</c>, <c>size</c>, <c>lastBackup</c>
    /// or <c>nextBackup</c>.
    /// </summary>
    public string? Sort { get; init; }

    /// <summary>Whether to reverse the order.</summary>
    public bool? Descending { get; init; }

    /// <summary>Position from <c>next</c> of the previous page; for lists sorted by id.</summary>
    public string? After { get; init; }

    /// <summary>Number of items to skip; for lists in any order.</summary>
    public int? Skip { get; init; }

    /// <summary>Maximum number of items, 1 to 1,000; 100 by default.</summary>
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
