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
    public required DateTimeOffset UpSince { get; init; }

    /// <summary>When the node was last seen alive before it was started; null where nobody knows.</summary>
    public DateTimeOffset? DownSince { get; init; }

    /// <summary>How long ago the scheduler looked last for what is due.</summary>
    public TimeSpan SinceTurn { get; init; }

    /// <summary>Time zone of schedules that name none.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>All databases, those too that were dropped.</summary>
    public IReadOnlyList<DatabaseRecord> Databases { get; init; } = [];

    /// <summary>All server-wide backup tasks.</summary>
    public IReadOnlyList<Template> Templates { get; init; } = [];

    /// <summary>All tasks, derived and regular.</summary>
    public IReadOnlyList<TaskFacts> Tasks { get; init; } = [];

    /// <summary>The time that the node has seen pass; null where nobody watches it.</summary>
    public Retention.TrustedClock? Clock { get; init; }

    /// <summary>Tasks whose id another one has.</summary>
    public IReadOnlyList<TaskClash> Clashes { get; init; } = [];

    /// <summary>All sources.</summary>
    public IReadOnlyList<AlertSource> Sources { get; init; } = [];

    /// <summary>The destinations whose identity is not what it should be.</summary>
    public IReadOnlyList<AlertDestination> Destinations { get; init; } = [];

    /// <summary>Destinations that are the folder of another one, or lie in it, with the name of that one.</summary>
    public IReadOnlyList<(string Name, string Other)> SharedDestinations { get; init; } = [];

    /// <summary>The background loops of the node.</summary>
    public IReadOnlyList<AlertLoop> Loops { get; init; } = [];

    /// <summary>What is wrong with the archives of a database at a destination, for each where something is.</summary>
    public IReadOnlyList<AlertCopies> Copies { get; init; } = [];

    /// <summary>Why the catalog takes nothing; null where it does.</summary>
    public OperationError? CatalogProblem { get; init; }

    /// <summary>Path of a catalog that was damaged, so that it was begun anew; null where there is none.</summary>
    public string? DamagedCatalog { get; init; }

    /// <summary>Path of the mark that the catalog was missing and is begun anew; null where there is none.</summary>
    public string? LostCatalog { get; init; }

    /// <summary>Tasks and templates whose chains were not verified for twice as long as they ask for.</summary>
    public IReadOnlyList<AlertVerification> LateVerifications { get; init; } = [];

    /// <summary>Operations that run.</summary>
    public IReadOnlyList<AlertOperation> Running { get; init; } = [];

    /// <summary>How long one of them may not move. Default 10 minutes.</summary>
    public TimeSpan NoProgress { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Why the state store takes nothing; null where it does.</summary>
    public OperationError? StoreProblem { get; init; }

    /// <summary>Values of the state store that cannot be read, by their keys.</summary>
    public IReadOnlyDictionary<string, OperationError> Unreadable { get; init; } = new Dictionary<string, OperationError>();

    /// <summary>What others have found out, such as that the webhook fails.</summary>
    public IReadOnlyList<Alert> Reported { get; init; } = [];
}
