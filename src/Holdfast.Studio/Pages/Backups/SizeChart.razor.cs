using System.Globalization;
using Holdfast.Studio.Chains;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Backups;

/// <summary>A bar chart of the sizes of the newest archives, oldest on the left; full backups are highlighted.</summary>
public sealed partial class SizeChart
{
    private const int Width = 600;
    private const int Height = 90;

    private IReadOnlyList<RestorePointSummary> _shown = [];
    private IReadOnlyList<ChartBar> _bars = [];

    /// <summary>All restore points, in any order; at least one.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<RestorePointSummary> Points { get; set; } = [];

    private string Description =>
        $"Sizes of the last {Plural.Of(_shown.Count, "archive")}, from {DisplayFormat.Time(_shown[0].Time)} to "
        + $"{DisplayFormat.Time(_shown[^1].Time)} UTC; largest: {DisplayFormat.Bytes(_shown.Max(p => p.Bytes))}, "
        + $"smallest: {DisplayFormat.Bytes(_shown.Min(p => p.Bytes))}";

    protected override void OnParametersSet()
    {
        _shown = ChartBar.Shown(Points);
        _bars = ChartBar.Of(_shown, Width, Height);
    }

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
