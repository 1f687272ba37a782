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

    /// <summary>A query of the API.</summary>
    public static string Build(string? state, string? source, string? search, string? template, string? sort)
    {
        (string Name, string? Value)[] all =
        [
            ("state", state),
            ("source", source),
            ("search", search),
            ("template", template),
            ("sort", sort ?? "urgency"),
            ("descending", sort == "size" ? "true" : null),
        ];
        return string.Join('&', all.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
    }
}
