using Holdfast.Api.Backups;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore;

/// <summary>The databases of which backups were found under a common root.</summary>
public sealed partial class DatabaseStep
{
    private const int MaxShown = 100;

    private string? _search = ""; // clearing it makes it null

    [Parameter, EditorRequired]
    public IReadOnlyList<BackedUpDatabaseView> Found { get; set; } = [];

    [Parameter, EditorRequired]
    public RestoreAddress Address { get; set; } = default!;

    private IEnumerable<BackedUpDatabaseView> Filter() =>
        Found.Where(f => f.Name.Contains(_search ?? "", StringComparison.OrdinalIgnoreCase));
}
