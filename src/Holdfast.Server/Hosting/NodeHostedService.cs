using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Node.Keys;
using Holdfast.Node.Lifetime;
using Holdfast.Node.Retention;
using Holdfast.Node.Secrets;
using Holdfast.Server.Configuration;
using Holdfast.Server.Files;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>
/// Runs the node as a service of the server: starts it before the server listens, without waiting for any source, and
/// stops it with its grace period.
/// </summary>
internal sealed partial class NodeHostedService(NodeLifetime lifetime) : IHostedLifecycleService
{
    /// <summary>Creates the settings of the node from the configuration.</summary>
    public static NodeSettings CreateSettings(
        ServerConfig config,
        DataFolder data,
        TimeProvider time,
        IReadOnlyList<EngineFactory> engines,
        IReadOnlyList<DestinationFactory> destinations
    ) =>
        new()
        {
            Tag = config.Node,
            Key = NodeKey.LoadOrCreate(data.NodeKey, time),
            DestinationFactories = destinations,
            LargeDatabaseConcurrency = config.Limits.LargeDatabaseConcurrency,
            SmallDatabaseConcurrency = config.Limits.SmallDatabaseConcurrency,
            Restores = config.Limits.Restores,
            PerSource = config.Limits.PerSource,
            PerDestination = config.Limits.PerDestination,
            NoProgressThreshold = TimeSpan.FromMinutes(config.Limits.NoProgressMinutes),
            DiscoveryInterval = TimeSpan.FromSeconds(config.Limits.DiscoverySeconds),
            ShutdownGrace = TimeSpan.FromSeconds(config.Limits.GraceSeconds),
            DatabaseKeys = config.DatabaseKeys.ToDictionary(
                k => k.Key,
                k => new KeyCommand(k.Value, config.Commands[k.Value]),
                StringComparer.Ordinal
            ),
            BootClock = time == TimeProvider.System ? new SystemBootClock() : null,
            AttachedSourceFactory = new SourceFactory(engines).Attach,
            Engines = [.. engines.Select(e => e.CreateEngine())],
            CatalogFile = data.Catalog,
            SpoolFolder = config.Spool.Folder ?? data.Spool,
            SpoolMaxBytes = config.Spool.MaxBytes,
            IndexCacheFolder = data.IndexCache,
            MaxChainAge = TimeSpan.FromDays(config.Limits.MaxChainAgeDays),
        };

    /// <summary>Attaches the sources of the configuration without connecting to them.</summary>
    public static ConfiguredSources AttachSources(ServerConfig config, IReadOnlyList<EngineFactory> engines, ILoggerFactory loggers)
    {
        foreach (var warning in config.Warnings)
        {
            LogDeprecatedSetting(loggers.CreateLogger<NodeHostedService>(), warning);
        }
        return new([.. config.Sources.Select(new SourceFactory(engines).Attach)]);
    }

    public Task StartAsync(CancellationToken cancellationToken) => lifetime.StartAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Stop the node only after the last request, so that no request starts an operation that nothing would stop.
    public Task StoppedAsync(CancellationToken cancellationToken) => lifetime.StopAsync();

    [LoggerMessage(EventId = 6302, Level = LogLevel.Warning, Message = "Configuration: {Warning}")]
    private static partial void LogDeprecatedSetting(ILogger logger, string warning);
}
