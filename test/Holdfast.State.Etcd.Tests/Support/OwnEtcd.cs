using Holdfast.Testing.Etcd;

namespace Holdfast.State.Etcd.Tests.Support;

/// <summary>Tests with an etcd of their own, because they kill its members or change its users.</summary>
public abstract class OwnEtcd : IAsyncDisposable
{
    private EtcdCluster? _cluster;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected EtcdCluster Cluster => _cluster ?? throw new InvalidOperationException("not started");

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    protected async Task StartAsync(EtcdOptions options)
    {
        SharedEtcd.SkipWithoutEtcd();
        _cluster = await EtcdCluster.StartAsync(options, Token);
    }
}
