using Holdfast.Archive.Age;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Destinations.S3;
using Holdfast.Node.Retention;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests;

/// <summary>A whole node with a state store of its own, databases in memory, and a clock that only the test moves.</summary>
public abstract class NodeTestBase : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private EmbeddedStateStore _store = null!;

    protected NodeTestBase() => Boot = new(Time);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected string Root { get; } = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));

    protected FakeBoot Boot { get; }

    protected TestNode Node { get; private set; } = null!;

    private protected FakeSource Source { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Source.Databases["a"] = new byte[20 * 4096];
        Source.Databases["b"] = new byte[30 * 4096];
        await StartAsync();
        await Node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{Root}/nas",
            },
            0,
            Token
        );
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Root, recursive: true);
    }

    protected static Template Template() =>
        new()
        {
            Id = "0123456789",
            Name = "nightly",
            ScheduledSince = new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero),
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 * * * *",
                TimeZone = "UTC",
                Destinations = ["nas"],
            },
        };

    protected BackupTask Task(string database) => Node.Tasks.Of(new("fake", database)).Single();

    protected async Task PutAsync(Template template) => await Node.State.Templates.PutAsync(template.Id, template, null, Token);

    protected string[] Archives() =>
        Directory.Exists($"{Root}/nas") ? Directory.GetFiles($"{Root}/nas", "*.tar.zst*", SearchOption.AllDirectories) : [];

    protected async Task ToAsync(string time)
    {
        await System.Threading.Tasks.Task.Yield();
        Time.SetUtcNow(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
    }

    protected Task BackedUpAsync(params string[] names) =>
        UntilAsync(() => names.All(n => Node.StatusOf(Task(n).Id).LastState == OperationState.Completed) && !Node.Operations.Running.Any());

    // The node works by itself; the test only waits for the result.
    protected async Task UntilAsync(Func<bool> isSo, Action? meanwhile = null)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(
                System.Diagnostics.Stopwatch.GetElapsedTime(started) < Patience,
                $"The condition was not met in time: {string.Join("; ", Node.Operations.All)}; "
                    + $"{string.Join("; ", Node.Tasks.All.Select(t => $"{t.Database} next {Node.NextOf(t.Id)}, {Node.StatusOf(t.Id)}"))}"
            );
            meanwhile?.Invoke();
            await System.Threading.Tasks.Task.Delay(5, Token);
        }
    }

    protected async Task StartAsync(bool hasSource = true)
    {
        _store = await EmbeddedStateStore.OpenAsync($"{Root}/state/state.db", Time, Token);
        Node = new(
            new()
            {
                Tag = "A",
                Key = _key,
                DestinationFactories = [new LocalDestinationFactory([Root]), new S3DestinationFactory(new())],
                Zone = TimeZoneInfo.Utc,
                ShutdownGrace = TimeSpan.FromSeconds(1),
                BootClock = Boot,
            },
            _store,
            hasSource ? [new("fake", Source, true)] : [],
            Time
        );
        await Node.StartAsync(Token);
    }

    protected async Task StopAsync()
    {
        await Node.StopAsync();
        await Node.DisposeAsync();
        await _store.DisposeAsync();
    }

    // The boot clock of a machine that can be rebooted.
    protected sealed class FakeBoot(FakeTimeProvider time) : IBootClock
    {
        private int _starts;
        private long _started;

        public string BootId => $"start {_starts}";

        /// <summary>The part of the timestamps that did not pass as time, because the fake clock was set.</summary>
        public TimeSpan Set { get; set; }

        public TimeSpan Uptime => time.GetElapsedTime(_started) - Set;

        public void Restart() => (_starts, _started, Set) = (_starts + 1, time.GetTimestamp(), default);
    }
}
