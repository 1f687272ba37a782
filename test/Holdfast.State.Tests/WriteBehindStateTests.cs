using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>Values that a node itself reports.</summary>
public sealed class WriteBehindStateTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private EmbeddedStateStore _store = null!;
    private StateMirror<Thing> _mirror = null!;
    private StateWriter _writer = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await EmbeddedStateStore.OpenAsync(_folder.Combine("state.db"), _time, Token);
        (_mirror, _writer) = (new(_store, "things/", _time), new(_store, _time));
        await _mirror.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _mirror.DisposeAsync();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task No_concurrent_change_is_lost()
    {
        var records = new WriteBehindState<Thing>(_mirror, _writer);
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(
                        () =>
                        {
                            for (var i = 0; i < 500; i++)
                            {
                                records.Change("a", before =>
                                    new(
                                        before is null
                                            ? "1"
                                            : $"{int.Parse(before.Name, System.Globalization.CultureInfo.InvariantCulture) + 1}"
                                    )
                                );
                            }
                        },
                        Token
                    )
                )
        );
        Assert.Equal("2000", records.Find("a")!.Name);
        await _writer.FlushAsync(Token);
        Assert.Equal("2000", records.Find("a")!.Name);
    }

    [Fact]
    public void A_change_that_returns_null_keeps_the_value()
    {
        var records = new WriteBehindState<Thing>(_mirror, _writer);
        Assert.Null(records.Change("a", _ => null));
        records.Set("a", new("1"));
        Assert.Equal("1", records.Change("a", _ => null)!.Name);
    }

    private sealed record Thing(string Name);
}
