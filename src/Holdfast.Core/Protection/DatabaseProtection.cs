using Holdfast.Core.Databases;

namespace Holdfast.Core.Protection;

/// <summary>
/// How well a database is protected at one time, and why. All lists, counts, alerts and pages use this rule. A pure function of
/// <see cref="DatabaseFacts"/>: every combination gives exactly one state and a reason. Never <see cref="ProtectionState.Covered"/> or
/// <see cref="ProtectionState.Incomplete"/> if the newest good backup is older than the longest gap of its schedule plus an hour.
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
                continue; // its stored backups still exist
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

    /// <summary>Its state. Of several tasks, the one that protects it best decides; if none protects it, the most urgent one.</summary>
    public ProtectionState State { get; }

    /// <summary>Since when it is in this state; null if unknown or if it is protected.</summary>
    public DateTimeOffset? Since { get; }

    /// <summary>
    /// When the newest backup of any task not known to be bad began, or a later run that found no changes; null if there is none.
    /// </summary>
    public DateTimeOffset? LastGoodBackup { get; }

    /// <summary>When the next run of any task is or was due; null if none is.</summary>
    public DateTimeOffset? NextBackup { get; }

    /// <summary>Its enabled tasks, each with its own state.</summary>
    public IReadOnlyList<TaskProtection> Tasks { get; }

    /// <summary>Tasks that do not protect it as they should, even if another one does.</summary>
    public IEnumerable<TaskProtection> Problems => Tasks.Where(t => t.State is not (ProtectionState.Covered or ProtectionState.Waiting));

    /// <summary>The reason for the state, for people, in one or two sentences.</summary>
    public string Reason =>
        State switch
        {
            ProtectionState.Dropped =>
                $"It was dropped; discovered at {ProtectionReasons.Utc(_facts.Record.Dropped!.Value)}. Its backups are kept.",
            ProtectionState.Missing when !_facts.HasSource =>
                $"Its source '{_facts.Record.Id.Source}' is no longer configured on this node, so nothing backs it up.",
            ProtectionState.Missing =>
                $"It has been missing at its source since {ProtectionReasons.Utc(_facts.MissingSince!.Value)}, and no operator has "
                    + "confirmed that it was dropped.",
            ProtectionState.Unreadable => _facts.Record.Problem!.Message,
            ProtectionState.Uncovered => _facts.Tasks.Count == 0
                ? "No task backs it up."
                : "No task backs it up: each is disabled or has no destination.",
            _ => Tasks.Count == 1 ? _decisive!.Reason : $"{_decisive!.Facts.Task.Name}: {_decisive.Reason}",
        };

    /// <summary>The problem, for the operator: why it is not protected, or which of its tasks fails; null if there is none.</summary>
    public string? Problem =>
        State switch
        {
            ProtectionState.Dropped or ProtectionState.Waiting => null,
            ProtectionState.Covered => Problems.FirstOrDefault() is { } other ? $"{other.Facts.Task.Name}: {other.Reason}" : null,
            _ => Reason,
        };

    /// <summary>Evaluates the protection of a database.</summary>
    public static DatabaseProtection Evaluate(DatabaseFacts facts) => new(facts);

    // A state that protects wins over one that does not; among the latter the most urgent wins.
    private static bool IsBetter(ProtectionState state, ProtectionState other) => Rank(state) < Rank(other);

    private static int Rank(ProtectionState state) =>
        state switch
        {
            ProtectionState.Covered => -2,
            ProtectionState.Incomplete => -1,
            _ => (int)state,
        };
}
