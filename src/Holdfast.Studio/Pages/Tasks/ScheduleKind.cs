namespace Holdfast.Studio.Pages.Tasks;

/// <summary>How a schedule is picked.</summary>
public enum ScheduleKind
{
    /// <summary>Every few hours.</summary>
    Hours,

    /// <summary>Every day at a time.</summary>
    Daily,

    /// <summary>One day of each week at a time.</summary>
    Weekly,

    /// <summary>One day of each month at a time.</summary>
    Monthly,

    /// <summary>As a cron expression.</summary>
    Custom,
}
