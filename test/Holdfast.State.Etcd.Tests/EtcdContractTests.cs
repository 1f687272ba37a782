using Holdfast.State.Contract;
using Holdfast.State.Etcd.Tests.Support;

namespace Holdfast.State.Etcd.Tests;

/// <summary>The store on etcd meets the contract of all stores.</summary>
public sealed class EtcdContractTests(SharedEtcd etcd) : StateStoreContract
{
    protected override async ValueTask<IStateStore> OpenAsync() =>
        EtcdStateStore.Open(await etcd.CreateSettingsAsync(), TimeProvider.System);

    protected override async ValueTask ExpireAsync(IStateLease lease) => await ((EtcdLease)lease).StopRenewingAsync();
}
