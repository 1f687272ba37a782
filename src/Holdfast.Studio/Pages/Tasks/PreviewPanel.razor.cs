using Holdfast.Api.ServerWideBackups;
using Holdfast.Core.Tasks;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>Preview of a task: a summary, and type and encryption for each database.</summary>
public sealed partial class PreviewPanel
{
    private int _shown = 50;

    [Parameter]
    public PreviewView? Preview { get; set; }

    /// <summary>Why there is no preview; null if there is one, or if it is loading.</summary>
    [Parameter]
    public string? Failure { get; set; }

    [Parameter]
    public IReadOnlyList<string> Excluded { get; set; } = [];

    private static string Reason(PreviewedDatabase database) =>
        string.Join("; ", new[] { database.TypeReason, database.Encryption!.Reason }.Where(r => !string.IsNullOrEmpty(r)));

    private IEnumerable<string> Unmatched =>
        Preview is null ? [] : Excluded.Where(e => !Preview.Databases.Any(d => d.IsExcluded && new Exclusions([e]).Contains(d.Database)));
}
