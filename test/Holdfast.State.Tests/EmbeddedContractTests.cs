using Holdfast.State.Contract;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>The embedded store keeps the promises of all stores.</summary>
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

    // The whole process stands still for three seconds: the timer that should have renewed it comes too late.
    protected override ValueTask ExpireAsync(IStateLease lease)
    {
        _time.Advance(TimeSpan.FromSeconds(3));
        return ValueTask.CompletedTask;
    }
}
