using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Api.Tests;

/// <summary>A source that wraps another one and blocks backups and restores until it is opened.</summary>
internal sealed class Gate(IDatabaseSource inner) : IDatabaseSource
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _open = Opened();
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => inner.Name;

    /// <summary>Blocks from now on.</summary>
    public void Close()
    {
        lock (_lock)
        {
            (_open, _reached) = (
                new(TaskCreationOptions.RunContinuationsAsynchronously),
                new(TaskCreationOptions.RunContinuationsAsynchronously)
            );
        }
    }

    public void Open()
    {
        lock (_lock)
        {
            _open.TrySetResult();
        }
    }

    /// <summary>Completes when an operation waits at the gate.</summary>
    public Task ReachedAsync()
    {
        lock (_lock)
        {
            return _reached.Task.WaitAsync(ApiServer.Patience);
        }
    }

    public SkippedFiles SkippedFiles => inner.SkippedFiles;

    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

    public IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync(CancellationToken cancellationToken) =>
        inner.DiscoverAsync(cancellationToken);

    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        await WaitToPassAsync(cancellationToken);
        return await inner.OpenViewAsync(database, request, cancellationToken);
    }

    // Blocks with an incomplete database: after its items were written and before it gets its name.
    public async Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken) =>
        new Target(this, await inner.BeginRestoreAsync(request, cancellationToken));

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => inner.RemoveLeftoversAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }

    private async Task WaitToPassAsync(CancellationToken cancellationToken)
    {
        Task open;
        lock (_lock)
        {
            open = _open.Task;
            _reached.TrySetResult();
        }

        await open.WaitAsync(cancellationToken);
    }

    private sealed class Target(Gate gate, IRestoreTarget inner) : IRestoreTarget
    {
        public async Task LoadAsync(Archive.Items.IItemSource items, CancellationToken cancellationToken)
        {
            await inner.LoadAsync(items, cancellationToken);
            await gate.WaitToPassAsync(cancellationToken);
        }

        public Task CommitAsync(CancellationToken cancellationToken) => inner.CommitAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
