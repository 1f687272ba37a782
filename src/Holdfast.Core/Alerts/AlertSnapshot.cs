using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>A node's state at one moment: all that <see cref="AlertRules"/> look at.</summary>
public sealed record AlertSnapshot
{
    /// <summary>The moment.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Since when the node runs. What was missed before that is caught up, not overdue.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the node was last seen alive before it was started; null where nobody knows.</summary>
    public DateTimeOffset? LastSeenAlive { get; init; }

    /// <summary>How long ago the scheduler looked last for what is due.</summary>
    public TimeSpan SinceSchedulerIteration { get; init; }

    /// <summary>Time zone of schedules that name none.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>All databases, those too that were dropped.</summary>
    public IReadOnlyList<DatabaseRecord> Databases { get; init; } = [];

    /// <summary>All server-wide backup tasks.</summary>
    public IReadOnlyList<Template> Templates { get; init; } = [];

    /// <summary>All tasks, derived and regular.</summary>
    public IReadOnlyList<TaskFacts> Tasks { get; init; } = [];

    /// <summary>The time that the node has seen pass; null where nobody watches it.</summary>
    public Retention.TrustedClock? Clock { get; init; }

    /// <summary>Tasks whose id another one has.</summary>
    public IReadOnlyList<TaskIdConflict> TaskIdConflicts { get; init; } = [];

    /// <summary>All sources.</summary>
    public IReadOnlyList<SourceAlertInput> Sources { get; init; } = [];

    /// <summary>The destinations whose identity is not what it should be.</summary>
    public IReadOnlyList<DestinationAlertInput> Destinations { get; init; } = [];

    /// <summary>Destinations that are the folder of another one, or lie in it, with the name of that one.</summary>
    public IReadOnlyList<(string Name, string Other)> SharedDestinations { get; init; } = [];

    /// <summary>The background loops of the node.</summary>
    public IReadOnlyList<LoopAlertInput> Loops { get; init; } = [];

    /// <summary>What is wrong with the archives of a database at a destination, for each where something is.</summary>
    public IReadOnlyList<ArchiveAlertInput> Archives { get; init; } = [];

    /// <summary>Why the catalog takes nothing; null where it does.</summary>
    public OperationError? CatalogProblem { get; init; }

    /// <summary>Path of a catalog that was damaged, so that it was begun anew; null where there is none.</summary>
    public string? DamagedCatalogPath { get; init; }

    /// <summary>Path of the mark that the catalog was missing and is begun anew; null where there is none.</summary>
    public string? LostCatalogMarkerPath { get; init; }

    /// <summary>Tasks and templates whose chains were not verified for twice as long as they ask for.</summary>
    public IReadOnlyList<VerificationAlertInput> LateVerifications { get; init; } = [];

    /// <summary>Operations that run.</summary>
    public IReadOnlyList<OperationAlertInput> RunningOperations { get; init; } = [];

    /// <summary>How long one of them may not move. Default 10 minutes.</summary>
    public TimeSpan NoProgressThreshold { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Why the state store takes nothing; null where it does.</summary>
    public OperationError? StateStoreProblem { get; init; }

    /// <summary>Values of the state store that cannot be read, by their keys.</summary>
    public IReadOnlyDictionary<string, OperationError> UnreadableValues { get; init; } = new Dictionary<string, OperationError>();

    /// <summary>What others have found out, such as that the webhook fails.</summary>
    public IReadOnlyList<Alert> ReportedAlerts { get; init; } = [];
}
