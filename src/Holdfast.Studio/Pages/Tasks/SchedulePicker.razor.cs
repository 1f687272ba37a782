using System.Globalization;
using Holdfast.Core.Scheduling;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>Edits a schedule, by selection or as a cron expression, and shows its next times in the time zone of the task.</summary>
public sealed partial class SchedulePicker
{
    private ScheduleChoice _choice = new();
    private IReadOnlyList<DateTimeOffset> _next = [];
    private string? _lastCron;

    [Inject]
    private Clock Clock { get; set; } = default!;

    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    /// <summary>The cron expression; null if the schedule is disabled.</summary>
    [Parameter]
    public string? Cron { get; set; }

    [Parameter]
    public EventCallback<string?> CronChanged { get; set; }

    [Parameter]
    public string? TimeZone { get; set; }

    /// <summary>The cron expression that is set when the user enables the schedule.</summary>
    [Parameter]
    public string Default { get; set; } = "0 2 * * *";

    private string? CronError => Cron is null ? null : ScheduleChoice.Validate(Cron);

    protected override void OnParametersSet()
    {
        if (Cron is not null && Cron != _lastCron)
        {
            _choice = _choice.Cron == Cron ? _choice : ScheduleChoice.Of(Cron);
        }
        _lastCron = Cron;
        _next = Cron is null ? [] : ScheduleChoice.Next(Cron, TimeZone, Clock.Now, 3);
    }

    private static string Describe(string cron) =>
        CronSchedule.TryParse(cron, TimeZoneInfo.Utc, out var schedule)
            ? char.ToUpperInvariant(schedule.Describe()[0]) + schedule.Describe()[1..]
            : "";

    private Task ToggleAsync(bool isOn) => CronChanged.InvokeAsync(isOn ? Default : null);

    private Task SetAsync(ScheduleChoice choice)
    {
        _choice = choice;
        return CronChanged.InvokeAsync(choice.Cron);
    }

    private Task TypedAsync(string? text)
    {
        var cron = (text ?? "").Trim();
        _choice = _choice.Kind == ScheduleKind.Custom ? new() { Kind = ScheduleKind.Custom, Text = cron } : ScheduleChoice.Of(cron);
        return CronChanged.InvokeAsync(cron);
    }

    private Task TimeAsync(ChangeEventArgs e) =>
        TimeSpan.TryParse(e.Value as string, CultureInfo.InvariantCulture, out var time)
            ? SetAsync(_choice with { Time = time })
            : Task.CompletedTask;
}
