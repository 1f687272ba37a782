using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Alerts;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Comparing;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Rebuilding;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Coverage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Uploads;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Lifetime;
using Holdfast.Node.Operations;
using Holdfast.Node.Repairs;
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
using Holdfast.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Testing;

/// <summary>
/// A node for tests: the services that <see cref="NodeServiceCollectionExtensions.AddHoldfastNode"/> adds, in a container of their own
/// or in that of a server, and the services that tests need by name.
/// </summary>
public sealed class TestNode : IAsyncDisposable
{
    private readonly IServiceProvider _services;
    private readonly ServiceProvider? _own;

    /// <summary>A node in a container of its own.</summary>
    public TestNode(
        NodeSettings settings,
        IStateStore store,
        IReadOnlyList<AttachedSource> sources,
        TimeProvider time,
        ILoggerFactory? loggers = null
    )
    {
        _own = new ServiceCollection()
            .AddSingleton(settings)
            .AddSingleton(store)
            .AddSingleton(new ConfiguredSources(sources))
            .AddSingleton(time)
            .AddSingleton(loggers ?? NullLoggerFactory.Instance)
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>))
            .AddHoldfastNode()
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        _services = _own;
        _ = Lifetime; // creates all services
    }

    /// <summary>The node of a server.</summary>
    public TestNode(IServiceProvider services) => _services = services;

    private NodeLifetime Lifetime => Get<NodeLifetime>();

    public Task StartAsync(CancellationToken cancellationToken) => Lifetime.StartAsync(cancellationToken);

    public Task StopAsync() => Lifetime.StopAsync();

    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    public NodeState State => Get<NodeState>();

    public ICatalog Catalog => Get<ICatalog>();

    public TrustedClockMonitor Clock => Get<TrustedClockMonitor>();

    public CatalogAudit Audit => Get<CatalogAudit>();

    public CatalogRebuildService Rebuilding => Get<CatalogRebuildService>();

    public DestinationComparison Comparison => Get<DestinationComparison>();

    public VerificationScheduler VerificationScheduler => Get<VerificationScheduler>();

    public ComparisonScheduler ComparisonScheduler => Get<ComparisonScheduler>();

    public TaskRegistry Tasks => Get<TaskRegistry>();

    public TaskEditor TaskEditor => Get<TaskEditor>();

    public NodeSettings Settings => Get<NodeSettings>();

    public Supervisor Supervisor => Get<Supervisor>();

    public OperationStore Operations => Get<OperationStore>();

    public DestinationRegistry Destinations => Get<DestinationRegistry>();

    public UnfinishedUploadCleaner UnfinishedUploads => Get<UnfinishedUploadCleaner>();

    public CrashCleaner CrashCleaner => Get<CrashCleaner>();

    public OperationQueue Queue => Get<OperationQueue>();

    public RetentionRunner Retention => Get<RetentionRunner>();

    public RetentionService RetentionService => Get<RetentionService>();

    public ChainRemovalService ChainRemoval => Get<ChainRemovalService>();

    public AlertMonitor Alerts => Get<AlertMonitor>();

    public RunRegistry Runs => Get<RunRegistry>();

    public ProtectionReader Protection => Get<ProtectionReader>();

    public TaskFactsReader Facts => Get<TaskFactsReader>();

    public DateTimeOffset StartedAt => Clock.StartedAt;

    public BackupFinder Backups => Get<BackupFinder>();

    public RestorePointOpener RestorePoints => Get<RestorePointOpener>();

    public RestoreRoleGuard RestoreRoleGuard => Get<RestoreRoleGuard>();

    public ChainVerificationHistory VerificationHistory => Get<ChainVerificationHistory>();

    public DatabaseKeys DatabaseKeys => Get<DatabaseKeys>();

    public event Action? SchedulerIterationCompleted
    {
        add => Get<BackupScheduler>().IterationCompleted += value;
        remove => Get<BackupScheduler>().IterationCompleted -= value;
    }

    public ArchiveKeys ArchiveKeys => Get<ArchiveKeys>();

    public SourceRegistry Sources => Get<SourceRegistry>();

    public SourceEditor SourceEditor => Get<SourceEditor>();

    public string Tag => Settings.Tag;

    public TaskStatus StatusOf(string taskId) => State.Statuses.Of(taskId);

    public NextBackup? NextOf(string taskId) => Get<BackupScheduler>().NextOf(taskId);

    public SourceMonitor? FindSource(string name) => Sources.Find(name);

    public RunningOperation BackUp(BackupJob job, string askedBy) => Get<BackupService>().BackUp(job, askedBy);

    public (string? Run, IReadOnlyList<RunningOperation> Operations) BackUpAll(Template template, BackupKind kind, string askedBy) =>
        Get<BackupService>().BackUpAll(template, kind, askedBy);

    public RunningOperation Repair(string taskId, bool allChains = false) => Get<RepairService>().Repair(taskId, allChains, "tester");

    public void StartRepairs() => Get<RepairScheduler>().StartDue();

    public Task<int> AbortRunAsync(string id, string by) => Get<RunService>().AbortAsync(id, by);

    public Task<RunningOperation> RestoreAsync(RestoreJob job, string askedBy, CancellationToken cancellationToken) =>
        Get<RestoreService>().RestoreAsync(job, askedBy, cancellationToken);

    public Task<RunningOperation> VerifyAsync(VerifyJob job, string askedBy, CancellationToken cancellationToken) =>
        Get<VerificationService>().VerifyAsync(job, askedBy, cancellationToken);

    private T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();
}
