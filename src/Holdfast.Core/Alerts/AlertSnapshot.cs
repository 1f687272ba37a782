using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>A node's state at one moment: all that <see cref="AlertRules"/> look at.</summary>
public sealed record AlertSnapshot
{
    /// <summary>The moment.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Since when the node runs. What was missed before that is caught up, not overdue.</summary>
    public required DateTimeOffset UpSince { get; init; }

    /// <summary>How long ago the scheduler looked last for what is due.</summary>
    public TimeSpan SinceTurn { get; init; }

    /// <summary>Time zone of schedules that name none.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>All databases, those too that were dropped.</summary>
    public IReadOnlyList<DatabaseRecord> Databases { get; init; } = [];

    /// <summary>All server-wide backup tasks.</summary>
    public IReadOnlyList<Template> Templates { get; init; } = [];

    /// <summary>All tasks, derived and regular.</summary>
    public IReadOnlyList<AlertTask> Tasks { get; init; } = [];

    /// <summary>All sources.</summary>
    public IReadOnlyList<AlertSource> Sources { get; init; } = [];

    /// <summary>Why the state store takes nothing; null where it does.</summary>
    public OperationError? StoreProblem { get; init; }

    /// <summary>Values of the state store that cannot be read, by their keys.</summary>
    public IReadOnlyDictionary<string, OperationError> Unreadable { get; init; } = new Dictionary<string, OperationError>();

    /// <summary>What others have found out, such as that the webhook fails.</summary>
    public IReadOnlyList<Alert> Reported { get; init; } = [];
}
