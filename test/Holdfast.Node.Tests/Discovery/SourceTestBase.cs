using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Node.Discovery;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>The sources of a node, with one source <c>shop</c> that does whatever a test wants.</summary>
public abstract class SourceTestBase : IAsyncLifetime
{
    protected static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));

    protected NodeState State { get; private set; } = null!;

    protected Supervisor Supervisor { get; private set; } = null!;

    protected SourceRegistry Registry { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected OddSource Source { get; } = new("shop");

    protected SourceMonitor Monitor => Registry.Find("shop")!;

    public async ValueTask InitializeAsync()
    {
        State = new(new MemoryStore(), "A", Time);
        await State.StartAsync(Token);
        Begin();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await State.DisposeAsync();
    }

    protected async Task AttachAsync() => await Registry.AttachAsync(new("odd", Source, false), Token);

    protected async Task HasAsync(string names)
    {
        Source.Has([.. names.Select(n => $"{n}")]);
        await Monitor.DiscoverAsync(Token);
    }

    protected DatabaseRecord Record(string name) => State.Databases.Find($"shop/{name}")!;

    // Without DatabaseUncovered, because there are no tasks here.
    protected List<Alert> Alerts(string? source = null) =>
        [
            .. AlertRules
                .Evaluate(
                    new()
                    {
                        Now = Time.GetUtcNow(),
                        StartedAt = Time.GetUtcNow(),
                        Databases = [.. State.Databases.Items.Select(r => r.Value)],
                        Sources =
                        [
                            .. Registry.Items.Select(m => new SourceAlertInput(m.Attached.Name, m.Status.Problem)
                            {
                                LastDiscovery = m.LastDiscovery,
                                DiscoveryInterval = Interval,
                                Identity = m.Status.Identity,
                                Location = m.Status.Location,
                            }),
                        ],
                    }
                )
                .Where(a => a.Kind != AlertKind.DatabaseUncovered && (source is null || a.Subject.Source == source)),
        ];

    private void Begin()
    {
        Supervisor = new(Time, NullLogger<Supervisor>.Instance);
        Registry = new(State, Interval, Supervisor, Time, NullLogger<SourceRegistry>.Instance);
    }

    private async Task EndAsync()
    {
        Registry.Stop();
        await Supervisor.DisposeAsync();
        await Registry.DisposeAsync();
    }

    protected async Task RestartAsync()
    {
        await EndAsync();
        Begin();
        await AttachAsync();
    }

    // Advances the clock in steps, and gives the loops time to notice each.
    protected async Task WaitToPassAsync(TimeSpan time, Func<bool> isSo)
    {
        var until = Time.GetUtcNow() + time;
        while (Time.GetUtcNow() < until || !isSo())
        {
            if (Time.GetUtcNow() < until + time)
            {
                Time.Advance(TimeSpan.FromSeconds(5));
            }
            for (var i = 0; i < 5; i++)
            {
                await Task.Delay(1, Token);
            }
        }
    }

    protected static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(1, Token);
        }
    }
}
