using System.Globalization;
using Holdfast.Studio.Chains;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore;

/// <summary>The points of one database: a calendar for the day, a list for the point.</summary>
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

    /// <summary>The month that is shown; null for that of the newest point.</summary>
    [Parameter]
    public string? Month { get; set; }

    /// <summary>The day whose points are shown; null for all.</summary>
    [Parameter]
    public string? Day { get; set; }

    protected override void OnParametersSet()
    {
        _all = [.. Chains.SelectMany(c => c.Points.Select(p => (Chain: c, Point: p))).OrderByDescending(p => p.Point.Time)];
        _day = CalendarMonth.Parse(Day);
        _month = CalendarMonth.Of(Month ?? _day?.ToString("yyyy-MM", CultureInfo.InvariantCulture), _all.Select(p => p.Point.Time));
        _shown = _day is { } day ? [.. _all.Where(p => CalendarMonth.DayOf(p.Point.Time) == day)] : _all;
    }
}
