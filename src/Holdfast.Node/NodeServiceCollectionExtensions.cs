using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.Node.Alerts;
using Holdfast.Node.Alerts.Inputs;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Backups.Comparing;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Rebuilding;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Coverage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Definitions;
using Holdfast.Node.Destinations.Uploads;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Lifetime;
using Holdfast.Node.Logging;
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
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node;

/// <summary>Adds the services of a node.</summary>
public static class NodeServiceCollectionExtensions
{
    /// <summary>
    /// Adds everything that a node consists of; <see cref="NodeLifetime"/> starts and stops it. Add <see cref="NodeSettings"/>,
    /// <see cref="ConfiguredSources"/>, <see cref="IStateStore"/>, <see cref="TimeProvider"/> and logging yourself.
    /// </summary>
    public static IServiceCollection AddHoldfastNode(this IServiceCollection services) =>
        services
            .AddState()
            .AddSecrets()
            .AddSources()
            .AddDestinations()
            .AddCatalog()
            .AddTasks()
            .AddQueue()
            .AddBackups()
            .AddRestores()
            .AddVerification()
            .AddRepairs()
            .AddRetention()
            .AddRuns()
            .AddAlerts()
            .AddLifetime();

    // The state, and each part of it as a service of its own: a service takes only the parts that it uses.
    private static IServiceCollection AddState(this IServiceCollection services) =>
        services
            .AddSingleton<Supervisor>()
            .AddSingleton(s => new NodeState(s.Get<IStateStore>(), s.Get<NodeSettings>().Tag, s.Get<TimeProvider>()))
            .AddSingleton<StateStoreProbe>()
            .AddSingleton<TrustedClockMonitor>()
            .AddPart<StateMirror<Template>>(state => state.Templates)
            .AddPart<StateMirror<RegularTask>>(state => state.Tasks)
            .AddPart<StateMirror<DestinationConfig>>(state => state.Destinations)
            .AddPart<StateMirror<ExpectedIdentity>>(state => state.Identities)
            .AddPart<StateMirror<SourceDefinition>>(state => state.Sources)
            .AddPart<WriteBehindState<TaskStatus>>(state => state.Statuses)
            .AddPart<DatabaseRecords>(state => state.Databases)
            .AddPart<WriteBehindState<NodeSourceRecord>>(state => state.NodeSources)
            .AddPart<WriteBehindState<Operation>>(state => state.Operations)
            .AddPart<WriteBehindState<ChainCheck>>(state => state.Checks)
            .AddPart<WriteBehindState<ExpiringChainList>>(state => state.Expiring)
            .AddPart<WriteBehindState<TrustedClock>>(state => state.Clocks);

    private static IServiceCollection AddSecrets(this IServiceCollection services) =>
        services
            .AddSingleton(s =>
            {
                var key = s.Get<NodeSettings>().Key;
                return new SecretStore(s.Get<IStateStore>(), key, [key.Recipient]);
            })
            .AddSingleton(s => new DatabaseKeys(s.Get<SecretStore>(), s.Get<NodeSettings>().DatabaseKeys))
            .AddSingleton<ArchiveKeys>()
            .AddSingleton<RestoreKeys>();

    private static IServiceCollection AddSources(this IServiceCollection services) =>
        services
            .AddSingleton(s => new SourceRegistry(
                s.Get<NodeState>(),
                s.Get<NodeSettings>().DiscoveryInterval,
                s.Get<Supervisor>(),
                s.Get<TimeProvider>(),
                s.Get<ILogger<SourceRegistry>>()
            ))
            .AddSingleton<ISourceReadiness>(s => s.Get<SourceRegistry>())
            .AddSingleton(s => new SourceEditor(
                s.Get<StateMirror<SourceDefinition>>(),
                s.Get<SecretStore>(),
                s.Get<SourceRegistry>(),
                s.Get<ConfiguredSources>().Items.Select(i => i.Name),
                s.Get<NodeSettings>().AttachedSourceFactory
            ))
            .AddSingleton<DatabaseSizes>();

    private static IServiceCollection AddDestinations(this IServiceCollection services) =>
        services
            .AddSingleton<DestinationSecretStore>()
            .AddSingleton(s => new DestinationRoots(s.Get<NodeSettings>().DestinationFactories, s.Get<DestinationSecretStore>()))
            .AddSingleton<DestinationRegistry>()
            .AddSingleton(s =>
            {
                var settings = s.Get<NodeSettings>();
                return new PathResolver(settings.LocalPaths, settings.DestinationLimits, s.Get<TimeProvider>());
            })
            .AddSingleton<DestinationChangeHandler>()
            .AddSingleton<DestinationCheckLoop>()
            .AddSingleton<UnfinishedUploadCleaner>()
            .AddSingleton<DestinationAvailability>();

    private static IServiceCollection AddCatalog(this IServiceCollection services) =>
        services
            .AddSingleton<ICatalog>(s =>
                CatalogStore.Open(
                    s.Get<NodeSettings>().CatalogFile,
                    s.Get<ILogger<CatalogStore>>(),
                    s.Get<TimeProvider>(),
                    s.Get<TrustedClockMonitor>()
                )
            )
            .AddSingleton(s => new SharedCatalogWriter(s.Get<ICatalog>(), s.Get<TimeProvider>(), s.Get<NodeSettings>().Tag))
            .AddSingleton<ChainLocks>()
            .AddSingleton<ChainVerificationHistory>()
            .AddSingleton<RecordedDatabases>()
            .AddSingleton<DestinationComparison>()
            .AddSingleton<DestinationAudit>()
            .AddSingleton<CatalogAudit>()
            .AddSingleton<CatalogRebuildOperation>()
            .AddSingleton<CatalogRebuildService>()
            .AddSingleton<BackupFinder>()
            .AddSingleton<RestorePointOpener>();

    private static IServiceCollection AddTasks(this IServiceCollection services) =>
        services
            .AddSingleton<TaskRegistry>()
            .AddSingleton<TaskEditor>()
            .AddSingleton<TaskAvailability>()
            .AddSingleton<LostBackupRecorder>()
            .AddSingleton<TaskFactsReader>()
            .AddSingleton<ProtectionReader>();

    private static IServiceCollection AddQueue(this IServiceCollection services) =>
        services
            .AddSingleton(s => new OperationStore(s.Get<WriteBehindState<Operation>>(), s.Get<NodeSettings>().Tag, s.Get<TimeProvider>()))
            .AddSingleton<OperationQueue>()
            .AddSingleton<QueuedWorkItemFactory>()
            .AddSingleton<QueuedOperationResumer>()
            .AddSingleton<CrashCleaner>()
            .AddSingleton<CrashRecovery>();

    private static IServiceCollection AddBackups(this IServiceCollection services) =>
        services
            .AddSingleton<BackupService>()
            .AddSingleton<BackupWorkItemFactory>()
            .AddSingleton<BackupOperation>()
            .AddSingleton<BackupJobRunner>()
            .AddSingleton(s => new BackupCatalogFactory(
                s.Get<ICatalog>(),
                s.Get<WriteBehindState<TaskStatus>>(),
                s.Get<TimeProvider>(),
                CreateIndexCache(s.Get<NodeSettings>(), s.Get<ILogger<IndexCache>>())
            ))
            .AddSingleton(s => OutputResources.Create(s.Get<NodeSettings>().SpoolFolder, s.Get<NodeSettings>().SpoolMaxBytes))
            .AddSingleton<BackupOptionsFactory>()
            .AddSingleton<BackupRetention>()
            .AddSingleton<ScheduledBackupStarter>()
            .AddSingleton<IScheduledTasks, ScheduledTasks>()
            .AddSingleton(s => new BackupScheduler(s.Get<IScheduledTasks>(), s.Get<NodeSettings>().Zone, s.Get<TimeProvider>()))
            .AddSingleton<DatabaseComparer>()
            .AddSingleton<DueComparisons>()
            .AddSingleton<ComparisonScheduler>();

    private static IndexCache? CreateIndexCache(NodeSettings settings, ILogger<IndexCache> logger) =>
        settings.IndexCacheFolder is { } folder ? new(folder, settings.IndexCacheBytes, logger) : null;

    private static IServiceCollection AddRestores(this IServiceCollection services) =>
        services.AddSingleton<RestoreService>().AddSingleton<RestoreOperation>().AddSingleton<RestoreRoleGuard>();

    private static IServiceCollection AddVerification(this IServiceCollection services) =>
        services
            .AddSingleton<VerificationService>()
            .AddSingleton<IVerificationQueue>(s => s.Get<VerificationService>())
            .AddSingleton(s => new VerifyOperation(
                s.Get<BackupFinder>(),
                s.Get<RestoreKeys>(),
                s.Get<CopyVerifier>(),
                s.Get<ICatalog>(),
                s.Get<CatalogAudit>(),
                s.Get<NodeSettings>().Engines
            ))
            .AddSingleton<CopyVerifier>()
            .AddSingleton<RecordedArchiveValidator>()
            .AddSingleton<VerificationScheduler>();

    private static IServiceCollection AddRepairs(this IServiceCollection services) =>
        services
            .AddSingleton<RepairService>()
            .AddSingleton<RepairOperation>()
            .AddSingleton<ChainRepairer>()
            .AddSingleton<RepairPlanner>()
            .AddSingleton<RepairScheduler>();

    private static IServiceCollection AddRetention(this IServiceCollection services) =>
        services
            .AddSingleton<RetentionService>()
            .AddSingleton<ExpiringChains>()
            .AddSingleton<ChainExpiry>()
            .AddSingleton(s =>
            {
                var runner = new RetentionRunner(
                    s.Get<NodeSettings>().Zone,
                    s.Get<TimeProvider>(),
                    s.Get<ICatalog>(),
                    s.Get<TrustedClockMonitor>(),
                    s.Get<ChainLocks>(),
                    s.Get<ExpiringChains>(),
                    s.Get<DestinationRegistry>()
                );
                runner.Deleted += s.Get<ChainVerificationHistory>().Forget;
                return runner;
            })
            .AddSingleton<ChainRemovalService>();

    private static IServiceCollection AddRuns(this IServiceCollection services) =>
        services.AddSingleton<RunRegistry>().AddSingleton<RunService>();

    private static IServiceCollection AddAlerts(this IServiceCollection services) =>
        services
            .AddSingleton(s => new AlertMonitor(s.Get<AlertSnapshotBuilder>(), s.Get<NodeSettings>().AlertInterval, s.Get<TimeProvider>()))
            .AddSingleton<AlertSnapshotBuilder>()
            .AddSingleton<IAlertInputs, ClockAlertInputs>()
            .AddSingleton<IAlertInputs, StateAlertInputs>()
            .AddSingleton<IAlertInputs, TaskAlertInputs>()
            .AddSingleton<IAlertInputs, SourceAlertInputs>()
            .AddSingleton<IAlertInputs, DestinationAlertInputs>()
            .AddSingleton<IAlertInputs, CatalogAlertInputs>()
            .AddSingleton<IAlertInputs, OperationAlertInputs>()
            .AddSingleton<IAlertInputs, LoopAlertInputs>();

    private static IServiceCollection AddLifetime(this IServiceCollection services) =>
        services
            .AddSingleton<NodeLifetime>()
            .AddSingleton<StorageLifetime>()
            .AddSingleton<OperationLifetime>()
            .AddSingleton<SourceLifetime>()
            .AddSingleton<LoopLifetime>()
            .AddSingleton<EventConnections>()
            .AddSingleton<BackgroundLoops>()
            .AddSingleton<DestinationLoops>()
            .AddSingleton<PeriodicJobs>()
            .AddSingleton<ShutdownSteps>()
            .AddSingleton<NodeLog>();

    private static IServiceCollection AddPart<T>(this IServiceCollection services, Func<NodeState, T> part)
        where T : class => services.AddSingleton(s => part(s.Get<NodeState>()));

    private static T Get<T>(this IServiceProvider services)
        where T : notnull => services.GetRequiredService<T>();
}
