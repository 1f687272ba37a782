namespace Holdfast.Node.Jobs;

/// <summary>
/// How many jobs run at once. One destination holds at most the slots of a lane; one source, of backups, half as many
/// more, and one more at least; all
/// together as many more again. So a destination that hangs leaves room for the others of the same source, and a source
/// that hangs for other sources.
/// Verifications run strictly one at a time, and so do comparisons.
/// </summary>
public sealed record JobLimits
{
    /// <summary>Backups of small databases at once. 1 and more; default 4 for each core.</summary>
    public int Small { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>Backups of large databases at once. 1 and more; default half the cores.</summary>
    public int Large { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Restores at once. 1 and more; default 2.</summary>
    public int Restores { get; init; } = 2;

    /// <summary>
    /// Jobs of all kinds but comparisons that read or write one source at once. 1 and more; null, the default, for what
    /// the lanes allow.
    /// </summary>
    public int? PerSource { get; init; }

    /// <summary>
    /// Jobs of all kinds that read or write one destination at once, without backups that only wait to be published. 1
    /// and more; null, the default, for what the lanes allow.
    /// </summary>
    public int? PerDestination { get; init; }

    /// <summary>
    /// Backups of one destination under way, those too that only wait to be published: each holds open files there. 1
    /// and more; default 512. All destinations together: twice as many.
    /// </summary>
    public int InProgress { get; init; } = 512;

    /// <summary>Slots of a lane that one destination may hold.</summary>
    public int SlotsOf(JobLane lane) =>
        lane switch
        {
            JobLane.Small => Small,
            JobLane.Large => Large,
            JobLane.Restore => Restores,
            JobLane.Removal => 2,
            _ => 1,
        };

    /// <summary>Slots of a lane that one source may hold.</summary>
    public int SourceSlotsOf(JobLane lane) => SlotsOf(lane) + (lane is JobLane.Small or JobLane.Large ? ExtraSlotsOf(lane) : 0);

    /// <summary>Slots of a lane that all of them together may hold.</summary>
    public int TotalSlotsOf(JobLane lane) => SourceSlotsOf(lane) + ExtraSlotsOf(lane);

    private int ExtraSlotsOf(JobLane lane) => lane is JobLane.Verify or JobLane.Compare ? 0 : Math.Max(1, SlotsOf(lane) / 2);
}
