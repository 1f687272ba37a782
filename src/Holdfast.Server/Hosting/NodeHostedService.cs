using Holdfast.Destinations;
using Holdfast.Engines.Sqlite.Readers;
using Holdfast.Node;
using Holdfast.Node.Keys;
using Holdfast.Node.Retention;
using Holdfast.Node.Secrets;
using Holdfast.Server.Configuration;
using Holdfast.Server.Files;
using Holdfast.State;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>
/// The node as a service of the server: made of the configuration, started before the server listens (which waits for
/// no source), stopped with its grace time.
/// </summary>
internal sealed partial class NodeHostedService(HoldfastNode node) : IHostedLifecycleService
{
    public static HoldfastNode Create(
        ServerConfig config,
        DataFolder data,
        IStateStore store,
        TimeProvider time,
        IReadOnlyList<DestinationFactory> destinations,
        ILoggerFactory loggers,
        ReaderPool? readers
    )
    {
        var settings = new NodeSettings
        {
            Tag = config.Node,
            Key = NodeKey.LoadOrCreate(data.NodeKey, time),
            DestinationFactories = destinations,
            LargeDatabaseConcurrency = config.Limits.Slots,
            SmallDatabaseConcurrency = config.Limits.SmallLane,
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
            AttachedSourceFactory = SourceFactory.Attach,
            Engines = SourceFactory.CreateEngines(time),
            CatalogFile = data.Catalog,
            MaxChainAge = TimeSpan.FromDays(config.Limits.MaxChainAgeDays),
        };
        foreach (var source in config.Sources.Where(s => s.Restore?.AllowSuperuser == true))
        {
            LogDeprecatedSetting(loggers.CreateLogger<NodeHostedService>(), source.Name);
        }
        return new(settings, store, [.. config.Sources.Select(s => SourceFactory.Attach(s, time, readers))], time, loggers);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await node.StartAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After the last request was answered, for none may begin what nobody would stop.
    public async Task StoppedAsync(CancellationToken cancellationToken) => await node.StopAsync();

    [LoggerMessage(
        EventId = 6302,
        Level = LogLevel.Warning,
        Message = "Source '{Source}': restore.allowSuperuser is called restore.allowPowerfulRole now, and lets every powerful role restore"
    )]
    private static partial void LogDeprecatedSetting(ILogger logger, string source);
}
