using Holdfast.Api.Databases;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Components.Databases;

/// <summary>Header of the pages of one database: its state, its problems, and links to its other pages.</summary>
public sealed partial class DatabaseHeader
{
    /// <summary>Id of the database: <c>source/name</c>.</summary>
    [Parameter, EditorRequired]
    public string Id { get; set; } = "";

    /// <summary>The current page.</summary>
    [Parameter, EditorRequired]
    public DatabaseTab Tab { get; set; }

    /// <summary>The database; null while it is loading, or if it is no longer known.</summary>
    [Parameter]
    public DatabaseView? Database { get; set; }

    /// <summary>Main actions of the page.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }

    private string Source => Id.Split('/')[0];

    private string Name => Id.Contains('/', StringComparison.Ordinal) ? Id[(Id.IndexOf('/', StringComparison.Ordinal) + 1)..] : Id;
}
