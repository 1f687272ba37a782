namespace Holdfast.Studio.Pages.Tasks;

/// <summary>Kinds of schedules in the form.</summary>
public enum ScheduleKind
{
    /// <summary>Every few hours.</summary>
    Hours,

    /// <summary>Every day at a time.</summary>
    Daily,

    /// <summary>Every week, on a day at a time.</summary>
    Weekly,

    /// <summary>Every month, on a day at a time.</summary>
    Monthly,

    /// <summary>A cron expression.</summary>
    Custom,
}
