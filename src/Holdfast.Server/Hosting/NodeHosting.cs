using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Engines.Sqlite;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Node.Keys;
using Holdfast.Node.Secrets;
using Holdfast.Server.Configuration;
using Holdfast.Server.Files;
using Holdfast.State;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>The node as a service of the server: made of the configuration, started before the server listens, stopped with its grace time. The one place that names an engine.</summary>
internal sealed partial class NodeHosting(HoldfastNode node, ILogger<NodeHosting> logger) : IHostedLifecycleService
{
    public static HoldfastNode Make(ServerConfig config, DataFolder data, IStateStore store, TimeProvider time)
    {
        var settings = new NodeSettings
        {
            Tag = config.Node,
            Key = NodeKey.LoadOrCreate(data.NodeKey, time),
            LocalRoots = config.LocalRoots,
            Slots = config.Limits.Slots,
            SmallLane = config.Limits.SmallLane,
            DiscoveryInterval = TimeSpan.FromSeconds(config.Limits.DiscoverySeconds),
            ShutdownGrace = TimeSpan.FromSeconds(config.Limits.GraceSeconds),
            DatabaseKeys = config.DatabaseKeys.ToDictionary(k => k.Key, k => new KeyCommand(k.Value, config.Commands[k.Value]), StringComparer.Ordinal),
            MaxChainAge = TimeSpan.FromDays(config.Limits.MaxChainAgeDays),
        };
        return new(settings, store, [.. config.Sources.Select(s => Attach(s, time))], time);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        node.Operations.Changed += OnOperation;
        await node.StartAsync(cancellationToken);
        foreach (var source in node.Sources.Items)
        {
            if (source.Status.Problem is { } problem) LogSourceDown(source.Attached.Name, problem.Message);
            else LogSource(source.Attached.Name, source.Status.Databases);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After the last request was answered, for none may begin what nobody would stop.
    public async Task StoppedAsync(CancellationToken cancellationToken) => await node.StopAsync();

    private static AttachedSource Attach(SourceEntry entry, TimeProvider time)
    {
        if (entry.Engine != "sqlite") throw new HoldfastException(ErrorCatalogue.Usage, $"Source '{entry.Name}' has the unknown engine '{entry.Engine}'.", "Use sqlite.");
        var config = new SqliteSourceConfig
        {
            Name = entry.Name,
            Path = entry.Path!,
            Include = entry.Include,
            Exclude = entry.Exclude,
            Encrypted = entry.Encrypted,
            Role = entry.Role,
        };
        if (entry.SpoolFolder is { } spool) config = config with { SpoolFolder = spool };
        if (entry.MaxWriterWaitSeconds is { } wait) config = config with { MaxWriterWait = TimeSpan.FromSeconds(wait) };
        var engine = new SqliteEngine(time);
        return new(engine.Name, engine.Attach(config), CanSnapshot: true);
    }

    private void OnOperation(Operation operation)
    {
        if (operation is { HasEnded: true, Error: { } error, State: not OperationState.Aborted }) LogFailed(operation.Id, operation.Kind, operation.Database, operation.State, error.Message);
    }

    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "Source {Source}: {Databases} databases")]
    private partial void LogSource(string source, int databases);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Error, Message = "Source {Source} cannot be read: {Reason}")]
    private partial void LogSourceDown(string source, string reason);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Error, Message = "Operation {Id} ({Kind} of {Database}) ended {State}: {Reason}")]
    private partial void LogFailed(string id, OperationKind kind, DatabaseId database, OperationState state, string reason);
}
