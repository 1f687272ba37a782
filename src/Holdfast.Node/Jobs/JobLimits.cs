namespace Holdfast.Node.Jobs;

/// <summary>
/// How many jobs run at once. One destination may use at most the slots of a lane; one source may use half as many more for
/// backups, and at least one more; all sources together may use as many more again. So a destination that hangs leaves slots for
/// other destinations of the same source, and a source that hangs leaves slots for other sources. Verifications run strictly one at
/// a time, and so do comparisons.
/// </summary>
public sealed record JobLimits
{
    /// <summary>Concurrent backups of small databases. At least 1; default 4 per core.</summary>
    public int Small { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>Concurrent backups of large databases. At least 1; default half the cores.</summary>
    public int Large { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Concurrent restores. At least 1; default 2.</summary>
    public int Restores { get; init; } = 2;

    /// <summary>
    /// Concurrent jobs of all kinds, except comparisons, that read or write one source. At least 1; null, the default, to apply
    /// only the limits of the lanes.
    /// </summary>
    public int? PerSource { get; init; }

    /// <summary>
    /// Concurrent jobs of all kinds that read or write one destination, except backups that only wait to be published. At least 1;
    /// null, the default, to apply only the limits of the lanes.
    /// </summary>
    public int? PerDestination { get; init; }

    /// <summary>
    /// Backups of one destination in progress, including those that only wait to be published: each holds open files there. At
    /// least 1; default 512. All destinations together: twice as many.
    /// </summary>
    public int InProgress { get; init; } = 512;

    /// <summary>Slots of a lane that one destination may use.</summary>
    public int SlotsOf(JobLane lane) =>
        lane switch
        {
            JobLane.Small => Small,
            JobLane.Large => Large,
            JobLane.Restore => Restores,
            JobLane.Removal => 2,
            JobLane.Repair => 4,
            _ => 1,
        };

    /// <summary>Slots of a lane that one source may use.</summary>
    public int SourceSlotsOf(JobLane lane) => SlotsOf(lane) + (lane is JobLane.Small or JobLane.Large ? ExtraSlotsOf(lane) : 0);

    /// <summary>Slots of a lane that all jobs together may use.</summary>
    public int TotalSlotsOf(JobLane lane) => SourceSlotsOf(lane) + ExtraSlotsOf(lane);

    private int ExtraSlotsOf(JobLane lane) => lane is JobLane.Verify or JobLane.Compare ? 0 : Math.Max(1, SlotsOf(lane) / 2);
}
