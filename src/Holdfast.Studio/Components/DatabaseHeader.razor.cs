using Holdfast.Api.Databases;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Components;

/// <summary>Head of the pages of one database: what it is, how it stands, and the way to the other pages.</summary>
public sealed partial class DatabaseHeader
{
    /// <summary>Id of the database, as it stands in the address.</summary>
    [Parameter, EditorRequired]
    public string Id { get; set; } = "";

    /// <summary>Which page it is.</summary>
    [Parameter, EditorRequired]
    public DatabaseTab Tab { get; set; }

    /// <summary>The database; null while it is not loaded, or is not known any more.</summary>
    [Parameter]
    public DatabaseView? Database { get; set; }

    /// <summary>Main deeds of the page.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }

    private string Source => Id.Split('/')[0];

    private string Name => Id.Contains('/', StringComparison.Ordinal) ? Id[(Id.IndexOf('/', StringComparison.Ordinal) + 1)..] : Id;
}
