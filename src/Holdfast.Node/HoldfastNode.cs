using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Alerts;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Comparing;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Coverage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Holdfast.Node.Retention;
using Holdfast.Node.Runs;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Secrets;
using Holdfast.Node.Sources;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;
using Holdfast.Node.Verification;
using Microsoft.Extensions.DependencyInjection;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node;

/// <summary>The services of one node by name, for callers that do not take the service itself yet.</summary>
/// <param name="services">The services.</param>
public sealed class HoldfastNode(IServiceProvider services)
{
    /// <inheritdoc cref="NodeState"/>
    public NodeState State => Get<NodeState>();

    /// <inheritdoc cref="ICatalog"/>
    public ICatalog Catalog => Get<ICatalog>();

    /// <inheritdoc cref="TrustedClockMonitor"/>
    public TrustedClockMonitor Clock => Get<TrustedClockMonitor>();

    /// <inheritdoc cref="CatalogAudit"/>
    public CatalogAudit Audit => Get<CatalogAudit>();

    /// <inheritdoc cref="Verification.VerificationScheduler"/>
    public VerificationScheduler VerificationScheduler => Get<VerificationScheduler>();

    /// <inheritdoc cref="Backups.Comparing.ComparisonScheduler"/>
    public ComparisonScheduler ComparisonScheduler => Get<ComparisonScheduler>();

    /// <inheritdoc cref="TaskRegistry"/>
    public TaskRegistry Tasks => Get<TaskRegistry>();

    /// <inheritdoc cref="Tasks.TaskEditor"/>
    public TaskEditor TaskEditor => Get<TaskEditor>();

    /// <inheritdoc cref="NodeSettings"/>
    public NodeSettings Settings => Get<NodeSettings>();

    /// <inheritdoc cref="Supervision.Supervisor"/>
    public Supervisor Supervisor => Get<Supervisor>();

    /// <inheritdoc cref="OperationStore"/>
    public OperationStore Operations => Get<OperationStore>();

    /// <inheritdoc cref="DestinationRegistry"/>
    public DestinationRegistry Destinations => Get<DestinationRegistry>();

    /// <inheritdoc cref="OperationQueue"/>
    public OperationQueue Queue => Get<OperationQueue>();

    /// <inheritdoc cref="RetentionRunner"/>
    public RetentionRunner Retention => Get<RetentionRunner>();

    /// <inheritdoc cref="Retention.RetentionService"/>
    public RetentionService RetentionService => Get<RetentionService>();

    /// <inheritdoc cref="ChainRemovalService"/>
    public ChainRemovalService ChainRemoval => Get<ChainRemovalService>();

    /// <inheritdoc cref="AlertMonitor"/>
    public AlertMonitor Alerts => Get<AlertMonitor>();

    /// <inheritdoc cref="RunRegistry"/>
    public RunRegistry Runs => Get<RunRegistry>();

    /// <inheritdoc cref="ProtectionReader"/>
    public ProtectionReader Protection => Get<ProtectionReader>();

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt => Clock.StartedAt;

    /// <inheritdoc cref="BackupFinder"/>
    public BackupFinder Backups => Get<BackupFinder>();

    /// <inheritdoc cref="RestorePointOpener"/>
    public RestorePointOpener RestorePoints => Get<RestorePointOpener>();

    /// <inheritdoc cref="Restores.RestoreRoleGuard"/>
    public RestoreRoleGuard RestoreRoleGuard => Get<RestoreRoleGuard>();

    /// <inheritdoc cref="ChainVerificationHistory"/>
    public ChainVerificationHistory VerificationHistory => Get<ChainVerificationHistory>();

    /// <inheritdoc cref="Secrets.DatabaseKeys"/>
    public DatabaseKeys DatabaseKeys => Get<DatabaseKeys>();

    /// <inheritdoc cref="BackupScheduler.IterationCompleted"/>
    public event Action? SchedulerIterationCompleted
    {
        add => Get<BackupScheduler>().IterationCompleted += value;
        remove => Get<BackupScheduler>().IterationCompleted -= value;
    }

    /// <inheritdoc cref="Secrets.ArchiveKeys"/>
    public ArchiveKeys ArchiveKeys => Get<ArchiveKeys>();

    /// <inheritdoc cref="SourceRegistry"/>
    public SourceRegistry Sources => Get<SourceRegistry>();

    /// <inheritdoc cref="Sources.SourceEditor"/>
    public SourceEditor SourceEditor => Get<SourceEditor>();

    /// <summary>Tag of this node.</summary>
    public string Tag => Settings.Tag;

    /// <summary>The status of a task.</summary>
    public TaskStatus StatusOf(string taskId) => State.Statuses.Of(taskId);

    /// <summary>When a task is due next; null for never.</summary>
    public NextBackup? NextOf(string taskId) => Get<BackupScheduler>().NextOf(taskId);

    /// <summary>A source; null where this node has none of that name.</summary>
    public SourceMonitor? FindSource(string name) => Sources.Find(name);

    /// <inheritdoc cref="BackupService.BackUp"/>
    public RunningOperation BackUp(BackupJob job, string askedBy) => Get<BackupService>().BackUp(job, askedBy);

    /// <inheritdoc cref="BackupService.BackUpAll"/>
    public (string? Run, IReadOnlyList<RunningOperation> Operations) BackUpAll(Template template, BackupKind kind, string askedBy) =>
        Get<BackupService>().BackUpAll(template, kind, askedBy);

    /// <inheritdoc cref="RunService.AbortAsync"/>
    public Task<int> AbortRunAsync(string id, string by) => Get<RunService>().AbortAsync(id, by);

    /// <inheritdoc cref="RestoreService.RestoreAsync"/>
    public Task<RunningOperation> RestoreAsync(RestoreJob job, string askedBy, CancellationToken cancellationToken) =>
        Get<RestoreService>().RestoreAsync(job, askedBy, cancellationToken);

    /// <inheritdoc cref="VerificationService.VerifyAsync"/>
    public Task<RunningOperation> VerifyAsync(VerifyJob job, string askedBy, CancellationToken cancellationToken) =>
        Get<VerificationService>().VerifyAsync(job, askedBy, cancellationToken);

    private T Get<T>()
        where T : notnull => services.GetRequiredService<T>();
}
