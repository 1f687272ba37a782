using Holdfast.State.Etcd.Tests.Support;
using Holdfast.Testing.Etcd;

[assembly: AssemblyFixture(typeof(SharedEtcd))]

namespace Holdfast.State.Etcd.Tests.Support;

/// <summary>One member of etcd for all tests that leave it alone; each uses a cluster name of its own.</summary>
public sealed class SharedEtcd : IAsyncDisposable
{
    private readonly Lazy<Task<EtcdCluster>> _cluster = new(() => EtcdCluster.StartAsync());
    private int _clusters;

    /// <summary>Settings for a new, empty state. Skips the test where there is no etcd.</summary>
    public async Task<EtcdSettings> CreateSettingsAsync()
    {
        SkipWithoutEtcd();
        var cluster = await _cluster.Value;
        return new() { Name = $"test-{Interlocked.Increment(ref _clusters)}", Endpoints = cluster.Endpoints };
    }

    /// <summary>Skips the test where there is no etcd.</summary>
    public static void SkipWithoutEtcd() =>
        Assert.SkipUnless(EtcdCluster.IsAvailable, "This machine has no etcd: apt-get install etcd-server etcd-client.");

    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsValueCreated)
        {
            await (await _cluster.Value).DisposeAsync();
        }
    }
}
