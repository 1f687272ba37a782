using Holdfast.Core.Operations;
using Holdfast.Node.Operations;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Operations;

/// <summary>An operation ends whatever its callbacks and subscribers do.</summary>
public sealed class RunningOperationTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private NodeState _state = null!;
    private OperationStore _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _state = new(new MemoryStore(), "A", _time);
        await _state.StartAsync(Token);
        _store = new(_state.Operations, "A", _time);
    }

    public ValueTask DisposeAsync() => _state.DisposeAsync();

    [Fact]
    public void An_operation_whose_progress_cannot_be_read_is_listed_and_ends()
    {
        using var operation = StartOperation(() => throw new InvalidOperationException("a meter's fault"));
        Assert.Equal(OperationState.Running, Assert.Single(_store.All).State);
        _store.StoreProgress();
        Assert.True(operation.TryClaim());
        operation.End(OperationState.Completed, null, null);
        Assert.True(operation.Completion.IsCompleted);
        Assert.Equal(OperationState.Completed, _store.Find(operation.Id)!.State);
        Assert.Single(_store.LogOf(operation.Id), l => l.Contains("a meter's fault", StringComparison.Ordinal));
    }

    [Fact]
    public void An_operation_ends_even_if_its_result_is_too_large_to_store()
    {
        using var operation = StartOperation(() => ("writing", new()));
        Assert.True(operation.TryClaim());
        operation.End(
            OperationState.Completed,
            new() { Destinations = new Dictionary<string, string?> { ["nas"] = new('x', 2 << 20) } },
            null
        );
        Assert.True(operation.Completion.IsCompleted);
        Assert.Empty(_store.Running);
        Assert.Equal(OperationState.Completed, _store.Find(operation.Id)!.State);
    }

    private RunningOperation StartOperation(Func<(string Phase, OperationProgress Progress)> readProgress)
    {
        var operation = _store.Add(OperationKind.Verify, new("shop", "orders"), null, null, "tester");
        Assert.True(operation.TryBegin());
        operation.MarkStarted(readProgress);
        return operation;
    }
}
