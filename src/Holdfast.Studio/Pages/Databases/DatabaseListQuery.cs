using Holdfast.Api.Databases;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>Builds queries for the list of databases.</summary>
internal static class DatabaseListQuery
{
    /// <summary>Sort orders, as the API names them, with their labels.</summary>
    public static readonly IReadOnlyList<(string Order, string Label)> SortOptions =
    [
        ("urgency", "Needs attention first"),
        ("name", "Name"),
        ("size", "Size"),
        ("lastBackup", "Last good backup"),
        ("nextBackup", "Next backup"),
    ];

    /// <summary>The query for the parameters of the page. Empty parameters are ignored.</summary>
    public static DatabaseQuery Build(string? state, string? source, string? search, string? template, string? sort) =>
        new()
        {
            State = NullIfEmpty(state),
            Source = NullIfEmpty(source),
            Search = NullIfEmpty(search),
            Template = NullIfEmpty(template),
            Sort = NullIfEmpty(sort) ?? "urgency",
            Descending = sort == "size" ? true : null,
        };

    private static string? NullIfEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
