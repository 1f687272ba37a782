using Holdfast.Api.ServerWideBackups;
using Holdfast.Core.Tasks;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>What a draft would do: in a line, and database by database.</summary>
public sealed partial class PreviewPanel
{
    private int _shown = 50;

    [Parameter]
    public PreviewView? Preview { get; set; }

    /// <summary>Why there is none yet.</summary>
    [Parameter]
    public string? Failure { get; set; }

    [Parameter]
    public IReadOnlyList<string> Excluded { get; set; } = [];

    private IEnumerable<string> Unmatched =>
        Preview is null ? [] : Excluded.Where(e => !Preview.Databases.Any(d => d.IsExcluded && new Exclusions([e]).Contains(d.Database)));
}
