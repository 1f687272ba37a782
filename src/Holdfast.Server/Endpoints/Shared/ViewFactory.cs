using Holdfast.Api.Databases;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Tasks;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Server.Endpoints.Databases;
using Holdfast.Server.Endpoints.Tasks;

namespace Holdfast.Server.Endpoints.Shared;

/// <summary>Puts together what the API shows of the node.</summary>
internal static class ViewFactory
{
    /// <summary>A database.</summary>
    public static DatabaseView CreateDatabaseView(HoldfastNode node, DatabaseRecord record) =>
        CreateDatabaseView(node, node.Protection.Of(record));

    /// <summary>A database whose state is known.</summary>
    public static DatabaseView CreateDatabaseView(HoldfastNode node, DatabaseProtection protection)
    {
        var record = protection.Record;
        var running = protection.Tasks.Select(t => node.Queue.Find(t.Facts.Task.Id)?.Id).FirstOrDefault(id => id is not null);
        return new()
        {
            Id = record.Id.ToString(),
            Source = record.Id.Source,
            Name = record.Id.Name,
            Engine = record.Engine,
            SizeBytes = GetSizeBytes(node, record),
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
    public static long GetSizeBytes(HoldfastNode node, DatabaseRecord record) =>
        node.FindSource(record.Id.Source)?.FindDatabase(record.Id.Name)?.SizeBytes ?? record.SizeBytes;

    /// <summary>What a template does, database by database.</summary>
    public static TaskPreview CreatePreview(HoldfastNode node, Template template, IReadOnlyList<string> patterns) =>
        TaskPreview.Create(
            template,
            node.State.Databases.Items.Select(r => r.Value)
                .OrderBy(r => r.Id.ToString(), StringComparer.Ordinal)
                .Select(r => (r, Node.Secrets.DatabaseKeys.Match(r.Id, patterns) is not null)),
            engine => CanSnapshot(node, engine),
            FindSnapshotFallbackReasons(node)
        );

    /// <summary>A template with how its tasks stand.</summary>
    public static TemplateView CreateTemplateView(HoldfastNode node, Template template, IReadOnlyList<string> patterns)
    {
        var preview = CreatePreview(node, template, patterns);
        return new()
        {
            Id = template.Id,
            Name = template.Name,
            Definition = TaskDefinitionMapper.ToDefinition(template),
            Summary = preview.Summary,
            Unencrypted = preview.Unencrypted,
            Counts = CountStates(node, template),
        };
    }

    private static TemplateCounts CountStates(HoldfastNode node, Template template)
    {
        var tasks = node.Tasks.All.Where(t => t.TemplateId == template.Id).ToList();
        var records = tasks.Select(t => node.State.Databases.Find(t.Database.ToString())).OfType<DatabaseRecord>();
        var states = DatabaseCounter.Count(records.Select(r => node.Protection.Of(r, template.Id))).States;
        var running = tasks.Count(t => node.Queue.Find(t.Id) is not null);
        return new(
            Of(ProtectionState.Covered),
            Of(ProtectionState.Failing),
            Of(ProtectionState.Waiting),
            Of(ProtectionState.Overdue),
            running
        )
        {
            States = states,
        };

        int Of(ProtectionState state) => states[state.ToString()];
    }

    /// <summary>A task.</summary>
    public static TaskView CreateTaskView(HoldfastNode node, BackupTask task, IReadOnlyList<string> patterns)
    {
        var status = node.StatusOf(task.Id);
        var record = node.State.Databases.Find(task.Database.ToString())!;
        var made = CreatePreview(node, task, record, patterns);
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
            Definition = ToDefinition(node, task),
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
    private static PreviewedDatabase CreatePreview(
        HoldfastNode node,
        BackupTask task,
        DatabaseRecord record,
        IReadOnlyList<string> patterns
    )
    {
        var template = new Template
        {
            Id = task.Id,
            Name = task.Name,
            Settings = task.Settings,
            ScheduledSince = task.ScheduledSince,
        };
        return TaskPreview
            .Create(
                template,
                [(record with { Dropped = null }, Node.Secrets.DatabaseKeys.Match(record.Id, patterns) is not null)],
                engine => CanSnapshot(node, engine),
                FindSnapshotFallbackReasons(node)
            )
            .Databases[0];
    }

    // Few are: they are looked up from what their tasks came to. A key that was not known then may be by now, and is
    // seen from the keys themselves.
    private static Func<DatabaseId, string?> FindSnapshotFallbackReasons(HoldfastNode node)
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

    private static Holdfast.Core.Tasks.TaskDefinition ToDefinition(HoldfastNode node, BackupTask task) =>
        task.TemplateId is { } id
            ? TaskDefinitionMapper.ToDefinition(node.State.Templates.Find(id)!.Value)
            : TaskDefinitionMapper.ToDefinition(node.State.Tasks.Find(task.Id)!.Value);

    private static bool CanSnapshot(HoldfastNode node, string engine) =>
        node.Sources.Items.Select(s => s.Attached).FirstOrDefault(s => s.Engine == engine) is AttachedSource { CanSnapshot: true };
}
