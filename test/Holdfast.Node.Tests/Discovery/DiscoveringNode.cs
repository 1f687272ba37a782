using Holdfast.Node.Discovery;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>A node that only discovers: its state on a store that others may use, and one source, <c>shop</c>.</summary>
internal sealed class DiscoveringNode(string tag, MemoryStore store, TimeProvider time) : IAsyncDisposable
{
    private Supervisor? _supervisor;
    private SourceRegistry? _sources;

    public string Tag => tag;

    public OddSource Source { get; } = new("shop");

    public NodeState State { get; private set; } = null!;

    public SourceRegistry Sources => _sources!;

    public SourceMonitor Monitor => Sources.Find("shop")!;

    /// <summary>Starts the node, and discovers the source once.</summary>
    public async Task StartAsync()
    {
        State = new(store, tag, time);
        await State.StartAsync(TestContext.Current.CancellationToken);
        _supervisor = new(time, NullLogger<Supervisor>.Instance);
        _sources = new(State, TimeSpan.FromSeconds(30), _supervisor, time, NullLogger<SourceRegistry>.Instance);
        await _sources.AttachAsync(new("odd", Source, false), TestContext.Current.CancellationToken);
    }

    public async Task RestartAsync()
    {
        await DisposeAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_sources is null)
        {
            return;
        }
        _sources.Stop();
        await _supervisor!.DisposeAsync();
        await _sources.DisposeAsync();
        await State.Writer.FlushAsync(CancellationToken.None);
        await State.DisposeAsync();
    }
}
