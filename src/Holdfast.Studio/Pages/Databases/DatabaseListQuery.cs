using Holdfast.Api.Databases;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>What the list of databases can be asked for.</summary>
internal static class DatabaseListQuery
{
    /// <summary>The orders, as the API names them, with their words.</summary>
    public static readonly IReadOnlyList<(string Order, string Words)> SortOptions =
    [
        ("urgency", "What needs a hand first"),
        ("name", "Name"),
        ("size", "Size"),
        ("lastBackup", "Last good backup"),
        ("nextBackup", "Next backup"),
    ];

    /// <summary>The query for the parameters of the page; one that is empty does not narrow it.</summary>
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
