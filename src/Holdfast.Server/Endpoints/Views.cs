using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Discovery;

namespace Holdfast.Server.Endpoints;

/// <summary>Puts together what the API shows of the node.</summary>
internal static class Views
{
    /// <summary>How long after its slot a backup that has not begun is overdue.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromHours(1);

    /// <summary>A database.</summary>
    public static DatabaseView Database(HoldfastNode node, DatabaseRecord record, DateTimeOffset now) => Database(node, DatabaseStanding.Of(node, record, node.Tasks.Of(record.Id), now));

    /// <summary>A database that was looked at.</summary>
    public static DatabaseView Database(HoldfastNode node, DatabaseStanding standing) => new()
    {
        Id = standing.Key,
        Source = standing.Record.Id.Source,
        Name = standing.Record.Id.Name,
        Engine = standing.Record.Engine,
        SizeBytes = standing.SizeBytes,
        Encryption = standing.Record.Encryption,
        FirstSeen = standing.Record.FirstSeen,
        Dropped = standing.Record.Dropped,
        RenamedTo = standing.Record.RenamedTo?.ToString(),
        Problem = standing.Record.Problem,
        Tasks = standing.Tasks.Count(t => t.Settings.Runs),
        TaskNames = [.. standing.Tasks.Where(t => t.Settings.Runs).Select(t => t.Name)],
        ResponsibleNode = standing.Tasks.Any(t => t.Settings.Runs) ? node.Tag : null,
        RunningOperation = standing.Tasks.Select(t => node.Dispatcher.Find(t.Id)?.Id).FirstOrDefault(id => id is not null),
        LastBackup = standing.LastBackup,
        NextBackup = standing.NextBackup,
        State = standing.State,
    };

    /// <summary>What a template does, database by database.</summary>
    public static TaskPreview Preview(HoldfastNode node, Template template, IReadOnlyList<string> patterns) => TaskPreview.For(
        template,
        node.State.Databases.Items.Select(r => r.Value).OrderBy(r => r.Id.ToString(), StringComparer.Ordinal).Select(r => (r, Node.Secrets.DatabaseKeys.Match(r.Id, patterns) is not null)),
        engine => CanSnapshot(node, engine));

    /// <summary>A template with how its tasks stand.</summary>
    public static TemplateView Template(HoldfastNode node, Template template, IReadOnlyList<string> patterns, DateTimeOffset now)
    {
        var tasks = node.Tasks.All.Where(t => t.TemplateId == template.Id).ToList();
        var statuses = tasks.ConvertAll(t => node.StatusOf(t.Id));
        return new()
        {
            Id = template.Id,
            Name = template.Name,
            Definition = TaskDefinitionView.Of(template),
            Summary = Preview(node, template, patterns).Summary,
            Counts = new(
                statuses.Count(s => s.LastState == OperationState.Completed),
                statuses.Count(s => s.LastState is OperationState.Failed or OperationState.CompletedWithErrors),
                statuses.Count(s => s.LastState is null),
                tasks.Count(t => node.NextOf(t.Id) is { } next && now - next.At > Late),
                tasks.Count(t => node.Dispatcher.Find(t.Id) is not null)),
        };
    }

    /// <summary>A task.</summary>
    public static TaskView Task(HoldfastNode node, BackupTask task, IReadOnlyList<string> patterns)
    {
        var status = node.StatusOf(task.Id);
        var record = node.State.Databases.Find(task.Database.ToString())!;
        var made = Preview(node, task, record, patterns);
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
            RunningOperation = node.Dispatcher.Find(task.Id)?.Id,
        };
    }

    // A task of one database is previewed by the rule that templates are.
    private static PreviewedDatabase Preview(HoldfastNode node, BackupTask task, DatabaseRecord record, IReadOnlyList<string> patterns)
    {
        var template = new Template { Id = task.Id, Name = task.Name, Settings = task.Settings, ScheduledSince = task.ScheduledSince };
        return TaskPreview.For(template, [(record with { Dropped = null }, Node.Secrets.DatabaseKeys.Match(record.Id, patterns) is not null)], engine => CanSnapshot(node, engine)).Databases[0];
    }

    private static Node.Tasks.TaskDefinition Definition(HoldfastNode node, BackupTask task) => task.TemplateId is { } id
        ? TaskDefinitionView.Of(node.State.Templates.Find(id)!.Value)
        : TaskDefinitionView.Of(node.State.Tasks.Find(task.Id)!.Value);

    private static bool CanSnapshot(HoldfastNode node, string engine) => node.Sources.Items.Select(s => s.Attached).FirstOrDefault(s => s.Engine == engine) is AttachedSource { CanSnapshot: true };
}
