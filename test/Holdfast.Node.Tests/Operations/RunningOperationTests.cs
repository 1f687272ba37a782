using Holdfast.Core.Operations;
using Holdfast.Node.Operations;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Operations;

/// <summary>An operation ends whatever those do who are asked or told about it.</summary>
public sealed class RunningOperationTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private NodeState _state = null!;
    private OperationStore _book = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _state = new(new MemoryStore(), _time);
        await _state.StartAsync(Token);
        _book = new(_state.Operations, "A", _time);
    }

    public ValueTask DisposeAsync() => _state.DisposeAsync();

    [Fact]
    public void One_whose_runner_cannot_tell_how_far_it_is_is_listed_and_ends()
    {
        using var operation = Begun(() => throw new InvalidOperationException("a meter's fault"));
        Assert.Equal(OperationState.Running, Assert.Single(_book.All).State);
        _book.StoreProgress();
        Assert.True(operation.TryClaim());
        operation.End(OperationState.Completed, null, null);
        Assert.True(operation.Completion.IsCompleted);
        Assert.Equal(OperationState.Completed, _book.Find(operation.Id)!.State);
        Assert.Single(_book.LogOf(operation.Id), l => l.Contains("a meter's fault", StringComparison.Ordinal));
    }

    [Fact]
    public void One_whose_result_no_store_would_take_has_ended_all_the_same()
    {
        using var operation = Begun(() => ("writing", new()));
        Assert.True(operation.TryClaim());
        operation.End(
            OperationState.Completed,
            new() { Destinations = new Dictionary<string, string?> { ["nas"] = new('x', 2 << 20) } },
            null
        );
        Assert.True(operation.Completion.IsCompleted);
        Assert.Empty(_book.Running);
        Assert.Equal(OperationState.Completed, _book.Find(operation.Id)!.State);
    }

    private RunningOperation Begun(Func<(string Phase, OperationProgress Progress)> look)
    {
        var operation = _book.Add(OperationKind.Verify, new("shop", "orders"), null, null, "tester");
        Assert.True(operation.TryBegin());
        operation.MarkStarted(look);
        return operation;
    }
}
