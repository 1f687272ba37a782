using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Node;
using Holdfast.Node.Keys;
using Holdfast.Node.Secrets;
using Holdfast.Server.Configuration;
using Holdfast.Server.Files;
using Holdfast.State;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>The node as a service of the server: made of the configuration, started before the server listens, stopped with its grace time.</summary>
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
            AttachSource = EngineHosting.Attach,
            MaxChainAge = TimeSpan.FromDays(config.Limits.MaxChainAgeDays),
        };
        return new(settings, store, [.. config.Sources.Select(s => EngineHosting.Attach(s, time))], time);
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
