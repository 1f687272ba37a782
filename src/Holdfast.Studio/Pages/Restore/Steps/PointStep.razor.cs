using System.Globalization;
using Holdfast.Studio.Chains;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>The restore points of one database: a calendar to select a day, and a list.</summary>
public sealed partial class PointStep
{
    private int _most = 50;
    private IReadOnlyList<(ChainSummary Chain, RestorePointSummary Point)> _all = [];
    private IReadOnlyList<(ChainSummary Chain, RestorePointSummary Point)> _shown = [];
    private CalendarMonth _month = default!;
    private DateOnly? _day;

    [Parameter, EditorRequired]
    public IReadOnlyList<ChainSummary> Chains { get; set; } = [];

    [Parameter, EditorRequired]
    public RestoreAddress Address { get; set; } = default!;

    /// <summary>The month to show; null for the month of the newest restore point.</summary>
    [Parameter]
    public string? Month { get; set; }

    /// <summary>The day whose restore points are shown; null for all.</summary>
    [Parameter]
    public string? Day { get; set; }

    protected override void OnParametersSet()
    {
        _all = [.. Chains.SelectMany(c => c.Points.Select(p => (Chain: c, Point: p))).OrderByDescending(p => p.Point.Time)];
        _day = CalendarMonth.Parse(Day);
        _month = CalendarMonth.Of(Month ?? _day?.ToString("yyyy-MM", CultureInfo.InvariantCulture), _all.Select(p => p.Point.Time));
        _shown = _day is { } day ? [.. _all.Where(p => CalendarMonth.DayOf(p.Point.Time) == day)] : _all;
    }

    // The time of the full backup, and the number of incrementals up to the restore point.
    private static string PositionText(ChainSummary chain, RestorePointSummary point) =>
        DisplayFormat.Time(chain.Time)
        + (point.Position == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" + {point.Position - 1}"));
}
