using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>A node's state at one time: everything that <see cref="AlertRules"/> evaluate.</summary>
public sealed record AlertSnapshot
{
    /// <summary>The time of the snapshot.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>When the node started. Slots missed before that are caught up, not overdue.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the node was last known to be alive before it started; null if unknown.</summary>
    public DateTimeOffset? LastSeenAlive { get; init; }

    /// <summary>Time since the scheduler's last iteration.</summary>
    public TimeSpan SinceSchedulerIteration { get; init; }

    /// <summary>Time zone of schedules that set none.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>All databases, including dropped ones.</summary>
    public IReadOnlyList<DatabaseRecord> Databases { get; init; } = [];

    /// <summary>All server-wide backup tasks.</summary>
    public IReadOnlyList<Template> Templates { get; init; } = [];

    /// <summary>All tasks, derived and regular.</summary>
    public IReadOnlyList<TaskFacts> Tasks { get; init; } = [];

    /// <summary>The node's trusted clock; null if there is none.</summary>
    public Retention.TrustedClock? Clock { get; init; }

    /// <summary>Tasks whose id belongs to another task.</summary>
    public IReadOnlyList<TaskIdConflict> TaskIdConflicts { get; init; } = [];

    /// <summary>All sources.</summary>
    public IReadOnlyList<SourceAlertInput> Sources { get; init; } = [];

    /// <summary>Destinations with a wrong or missing identity.</summary>
    public IReadOnlyList<DestinationIdentityProblem> DestinationIdentityProblems { get; init; } = [];

    /// <summary>Destinations that are the folder of another destination or inside it, with the name of that destination.</summary>
    public IReadOnlyList<(string Name, string Other)> OverlappingDestinations { get; init; } = [];

    /// <summary>The background loops of the node.</summary>
    public IReadOnlyList<LoopAlertInput> Loops { get; init; } = [];

    /// <summary>Known problems with the archives of a database at a destination, for each pair that has any.</summary>
    public IReadOnlyList<ArchiveAlertInput> Archives { get; init; } = [];

    /// <summary>Destinations with files that Holdfast has not written, according to their last audit.</summary>
    public IReadOnlyList<ForeignFilesAlertInput> ForeignFiles { get; init; } = [];

    /// <summary>Why the catalog cannot be written; null if it can.</summary>
    public OperationError? CatalogProblem { get; init; }

    /// <summary>Path of a damaged catalog that was replaced; null if there is none.</summary>
    public string? DamagedCatalogPath { get; init; }

    /// <summary>Path of the marker file that records that the catalog was missing and was recreated; null if there is none.</summary>
    public string? LostCatalogMarkerPath { get; init; }

    /// <summary>Tasks and templates whose chains have not been verified for twice the interval that they set.</summary>
    public IReadOnlyList<VerificationAlertInput> LateVerifications { get; init; } = [];

    /// <summary>Operations that are running.</summary>
    public IReadOnlyList<OperationAlertInput> RunningOperations { get; init; } = [];

    /// <summary>Time without progress after which an operation raises an alert. Default 10 minutes.</summary>
    public TimeSpan NoProgressThreshold { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Why the state store cannot be written; null if it can.</summary>
    public OperationError? StateStoreProblem { get; init; }

    /// <summary>Values of the state store that cannot be read, by key.</summary>
    public IReadOnlyDictionary<string, OperationError> UnreadableValues { get; init; } = new Dictionary<string, OperationError>();

    /// <summary>Alerts that other components report, such as a failing webhook.</summary>
    public IReadOnlyList<Alert> ReportedAlerts { get; init; } = [];
}
