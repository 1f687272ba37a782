using Holdfast.Core.Databases;

namespace Holdfast.Core.Protection;

/// <summary>
/// How well a database is protected at one moment, and why: the one rule that lists, counts, alerts and pages show. A
/// pure function of <see cref="DatabaseFacts"/>:
/// every combination of them gives exactly one state and a reason. Never <see cref="ProtectionState.Covered"/> or
/// <see cref="ProtectionState.Incomplete"/> where the newest good backup is
/// older than the longest gap of its schedule and an hour.
/// </summary>
public sealed class DatabaseProtection
{
    private readonly DatabaseFacts _facts;
    private readonly TaskProtection? _decisive;

    private DatabaseProtection(DatabaseFacts facts)
    {
        _facts = facts;
        var tasks = new List<TaskProtection>(facts.Tasks.Count);
        foreach (var task in facts.Tasks)
        {
            var protection = TaskProtection.Evaluate(task, facts.Now, facts.Zone);
            if (LastGoodBackup is null || protection.LastGoodBackup > LastGoodBackup)
            {
                LastGoodBackup = protection.LastGoodBackup;
            }
            if (!task.Task.Settings.Runs)
            {
                continue; // what it has stored is still there
            }
            tasks.Add(protection);
            if (NextBackup is null || task.DueAt < NextBackup)
            {
                NextBackup = task.DueAt;
            }
            if (_decisive is null || IsBetter(protection.State, _decisive.State))
            {
                _decisive = protection;
            }
        }

        Tasks = tasks;
        (State, Since) = facts switch
        {
            { Record.Dropped: { } dropped } => (ProtectionState.Dropped, dropped),
            { MissingSince: { } missing } => (ProtectionState.Missing, missing),
            { Record.Problem: not null } => (ProtectionState.Unreadable, null),
            _ => _decisive is null ? (ProtectionState.Uncovered, (DateTimeOffset?)null) : (_decisive.State, _decisive.Since),
        };
    }

    /// <summary>The database.</summary>
    public DatabaseRecord Record => _facts.Record;

    /// <summary>Its state: of several tasks the one decides that protects it best; where none does, the most urgent one.</summary>
    public ProtectionState State { get; }

    /// <summary>Since when; null where nobody knows, and where it is protected.</summary>
    public DateTimeOffset? Since { get; }

    /// <summary>
    /// When the newest backup of any task began that is not known to be bad, or the run after it that found nothing
    /// changed; null for none.
    /// </summary>
    public DateTimeOffset? LastGoodBackup { get; }

    /// <summary>When the next run of any task is due, or was; null for never.</summary>
    public DateTimeOffset? NextBackup { get; }

    /// <summary>Its tasks that run, each with its own state.</summary>
    public IReadOnlyList<TaskProtection> Tasks { get; }

    /// <summary>Its tasks that do not protect it as they should, though another one may.</summary>
    public IEnumerable<TaskProtection> Problems => Tasks.Where(t => t.State is not (ProtectionState.Covered or ProtectionState.Waiting));

    /// <summary>Why it is in this state, for people, in a sentence or two.</summary>
    public string Reason =>
        State switch
        {
            ProtectionState.Dropped =>
                $"It was dropped, as was seen at {ProtectionReasons.Utc(_facts.Record.Dropped!.Value)}. Its backups stay.",
            ProtectionState.Missing when !_facts.HasSource =>
                $"Its source '{_facts.Record.Id.Source}' is not configured on this node any more, so nothing backs it up.",
            ProtectionState.Missing =>
                $"Its source has not shown it since {ProtectionReasons.Utc(_facts.MissingSince!.Value)}, and nobody has "
                    + "confirmed that it was dropped.",
            ProtectionState.Unreadable => _facts.Record.Problem!.Message,
            ProtectionState.Uncovered => _facts.Tasks.Count == 0
                ? "No task backs it up."
                : "No task backs it up: each is switched off or has no destination.",
            _ => Tasks.Count == 1 ? _decisive!.Reason : $"{_decisive!.Facts.Task.Name}: {_decisive.Reason}",
        };

    /// <summary>
    /// What an operator should know: why it is not protected, or else which of its tasks fail to; null where nothing is
    /// known to be wrong.
    /// </summary>
    public string? Problem =>
        State switch
        {
            ProtectionState.Dropped or ProtectionState.Waiting => null,
            ProtectionState.Covered => Problems.FirstOrDefault() is { } other ? $"{other.Facts.Task.Name}: {other.Reason}" : null,
            _ => Reason,
        };

    /// <summary>Decides.</summary>
    public static DatabaseProtection Evaluate(DatabaseFacts facts) => new(facts);

    // What protects counts before what does not; of what does not the most urgent is told.
    private static bool IsBetter(ProtectionState state, ProtectionState than) => Rank(state) < Rank(than);

    private static int Rank(ProtectionState state) =>
        state switch
        {
            ProtectionState.Covered => -2,
            ProtectionState.Incomplete => -1,
            _ => (int)state,
        };
}
