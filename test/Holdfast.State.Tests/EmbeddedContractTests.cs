using Holdfast.State.Contract;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>The embedded store meets the contract of all stores.</summary>
public sealed class EmbeddedContractTests : StateStoreContract
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private int _stores;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override async ValueTask<IStateStore> OpenAsync() =>
        await EmbeddedStateStore.OpenAsync(_folder.Combine($"{_stores++}", "state.db"), _time, Token);

    // The process is suspended for three seconds, so the timer that should have renewed the lease fires too late.
    protected override ValueTask ExpireAsync(IStateLease lease)
    {
        _time.Advance(TimeSpan.FromSeconds(3));
        return ValueTask.CompletedTask;
    }
}
