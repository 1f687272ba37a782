using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Discovery;

namespace Holdfast.Server.Endpoints;

/// <summary>Puts together what the API shows of the node.</summary>
internal static class Views
{
    /// <summary>A database.</summary>
    public static DatabaseView Database(HoldfastNode node, DatabaseRecord record) => Database(node, node.Protection.Of(record));

    /// <summary>A database whose state is known.</summary>
    public static DatabaseView Database(HoldfastNode node, DatabaseProtection protection)
    {
        var record = protection.Record;
        var running = protection.Tasks.Select(t => node.Queue.Find(t.Facts.Task.Id)?.Id).FirstOrDefault(id => id is not null);
        return new()
        {
            Id = record.Id.ToString(),
            Source = record.Id.Source,
            Name = record.Id.Name,
            Engine = record.Engine,
            SizeBytes = SizeOf(node, record),
            Encryption = record.Encryption,
            FirstSeen = record.FirstSeen,
            Dropped = record.Dropped,
            RenamedTo = record.RenamedTo?.ToString(),
            Problem = record.Problem,
            SourceOutage = record.Dropped is null ? node.FindSource(record.Id.Source)?.Outage(node.Sources.Interval) : null,
            Tasks = protection.Tasks.Count,
            TaskNames = [.. protection.Tasks.Select(t => t.Facts.Task.Name)],
            ResponsibleNode = protection.Tasks.Count > 0 ? node.Tag : null,
            RunningOperation = running,
            LastBackup = protection.LastGoodBackup,
            NextBackup = protection.NextBackup,
            State = protection.State.ToString(),
            Reason = protection.Reason,
            Since = protection.Since,
            Problems =
            [
                .. protection.Problems.Select(t => new TaskProblemView(t.Facts.Task.Id, t.Facts.Task.Name, t.State, t.Reason, t.Since)),
            ],
            Attention = protection.Problem,
        };
    }

    /// <summary>Bytes of a database as it was found last, or as they were stored.</summary>
    public static long SizeOf(HoldfastNode node, DatabaseRecord record) =>
        node.FindSource(record.Id.Source)?.Find(record.Id.Name)?.SizeBytes ?? record.SizeBytes;

    /// <summary>What a template does, database by database.</summary>
    public static TaskPreview Preview(HoldfastNode node, Template template, IReadOnlyList<string> patterns) =>
        TaskPreview.For(
            template,
            node.State.Databases.Items.Select(r => r.Value)
                .OrderBy(r => r.Id.ToString(), StringComparer.Ordinal)
                .Select(r => (r, Node.Secrets.DatabaseKeys.Match(r.Id, patterns) is not null)),
            engine => CanSnapshot(node, engine),
            InsteadOfLogical(node)
        );

    /// <summary>A template with how its tasks stand.</summary>
    public static TemplateView Template(HoldfastNode node, Template template, IReadOnlyList<string> patterns)
    {
        var preview = Preview(node, template, patterns);
        return new()
        {
            Id = template.Id,
            Name = template.Name,
            Definition = TaskDefinitionView.Of(template),
            Summary = preview.Summary,
            Unencrypted = preview.Unencrypted,
            Counts = Counts(node, template),
        };
    }

    private static TemplateCounts Counts(HoldfastNode node, Template template)
    {
        var tasks = node.Tasks.All.Where(t => t.TemplateId == template.Id).ToList();
        var records = tasks.Select(t => node.State.Databases.Find(t.Database.ToString())).OfType<DatabaseRecord>();
        var states = DatabaseCounts.Of(records.Select(r => node.Protection.Of(r, template.Id))).States;
        var running = tasks.Count(t => node.Queue.Find(t.Id) is not null);
        return new(Of(DatabaseState.Covered), Of(DatabaseState.Failing), Of(DatabaseState.Waiting), Of(DatabaseState.Overdue), running)
        {
            States = states,
        };

        int Of(DatabaseState state) => states[state.ToString()];
    }

    /// <summary>A task.</summary>
    public static TaskView Task(HoldfastNode node, BackupTask task, IReadOnlyList<string> patterns)
    {
        var status = node.StatusOf(task.Id);
        var record = node.State.Databases.Find(task.Database.ToString())!;
        var made = Preview(node, task, record, patterns);
        var protection = node.Protection.Of(task);
        return new()
        {
            Id = task.Id,
            Name = task.Name,
            Database = task.Database.ToString(),
            ServerWide = task.IsServerWide,
            Type = task.Settings.Type,
            EffectiveType = made.Type ?? task.Settings.Type,
            EffectiveTypeReason = made.TypeReason,
            Encryption = new(made.Encryption!.Mode, made.Encryption.Reason),
            Definition = Definition(node, task),
            ResponsibleNode = node.Tag,
            LastFullBackup = status.LastFullBackup,
            LastIncrementalBackup = status.LastIncrementalBackup,
            NextBackup = node.NextOf(task.Id),
            Status = status,
            State = protection.State,
            Reason = protection.Reason,
            LastGoodBackup = protection.LastGoodBackup,
            RunningOperation = node.Queue.Find(task.Id)?.Id,
        };
    }

    // A task of one database is previewed by the rule that templates are.
    private static PreviewedDatabase Preview(HoldfastNode node, BackupTask task, DatabaseRecord record, IReadOnlyList<string> patterns)
    {
        var template = new Template
        {
            Id = task.Id,
            Name = task.Name,
            Settings = task.Settings,
            ScheduledSince = task.ScheduledSince,
        };
        return TaskPreview
            .For(
                template,
                [(record with { Dropped = null }, Node.Secrets.DatabaseKeys.Match(record.Id, patterns) is not null)],
                engine => CanSnapshot(node, engine),
                InsteadOfLogical(node)
            )
            .Databases[0];
    }

    // Few are: they are looked up from what their tasks came to. A key that was not known then may be by now, and is
    // seen from the keys themselves.
    private static Func<DatabaseId, string?> InsteadOfLogical(HoldfastNode node)
    {
        var known = new Lazy<Dictionary<DatabaseId, string>>(() =>
            node
                .State.Statuses.Items.Where(s => s.Value is { EffectiveType: BackupType.Snapshot, TypeReason: not null })
                .Select(s => (Task: node.Tasks.Find(s.Key), s.Value.TypeReason))
                .Where(s =>
                    s.Task is { Settings.Type: BackupType.Backup } task
                    && node.State.Databases.Find(task.Database.ToString()) is { Encryption: "No" }
                )
                .DistinctBy(s => s.Task!.Database)
                .ToDictionary(s => s.Task!.Database, s => s.TypeReason!)
        );
        return database => known.Value.GetValueOrDefault(database);
    }

    private static Node.Tasks.TaskDefinition Definition(HoldfastNode node, BackupTask task) =>
        task.TemplateId is { } id
            ? TaskDefinitionView.Of(node.State.Templates.Find(id)!.Value)
            : TaskDefinitionView.Of(node.State.Tasks.Find(task.Id)!.Value);

    private static bool CanSnapshot(HoldfastNode node, string engine) =>
        node.Sources.Items.Select(s => s.Attached).FirstOrDefault(s => s.Engine == engine) is AttachedSource { CanSnapshot: true };
}
