using Holdfast.Api.Backups;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>The databases that have backups at a destination or under a path.</summary>
public sealed partial class DatabaseStep
{
    private const int MaxShown = 100;

    private string? _search = ""; // null after the user clears the field

    [Parameter, EditorRequired]
    public IReadOnlyList<BackedUpDatabaseView> Found { get; set; } = [];

    [Parameter, EditorRequired]
    public RestoreAddress Address { get; set; } = default!;

    private IEnumerable<BackedUpDatabaseView> Filter() =>
        Found.Where(f => f.Name.Contains(_search ?? "", StringComparison.OrdinalIgnoreCase));
}
