using System.Collections.Concurrent;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Logging;

/// <summary>Events that operators ask about are logged, each with its event id.</summary>
public sealed class NodeLogTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly FakeSource _source = new();
    private readonly Lines _lines = new();
    private EmbeddedStateStore _store = null!;
    private TestNode _node = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source.Databases["a"] = new byte[20 * 4096];
        _store = await EmbeddedStateStore.OpenAsync($"{_root}/state/state.db", _time, Token);
        _node = new(
            new()
            {
                Tag = "A",
                Key = AgeIdentity.Generate(),
                DestinationFactories = [new LocalDestinationFactory([_root])],
                Zone = TimeZoneInfo.Utc,
                ShutdownGrace = TimeSpan.FromSeconds(1),
            },
            _store,
            [new("fake", _source, true)],
            _time,
            _lines
        );
        await _node.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task The_log_shows_the_events_of_a_node()
    {
        await LoggedAsync(4001, "Node A has started: 1 sources, 1 databases");
        await _node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{_root}/nas",
            },
            0,
            Token
        );
        await LoggedAsync(4601, "destination nas");
        var settings = new TaskSettings
        {
            Type = BackupType.Snapshot,
            FullBackup = "0 12 * * *",
            Destinations = ["nas"],
        };
        await BackUpAsync(settings);
        await LoggedAsync(4101, "fake/a has started");
        await LoggedAsync(4102, "ended Completed: 81920 bytes");
        await LoggedAsync(4501, "DatabaseUncovered");
        _source.Broken.Add("a");
        await BackUpAsync(settings);
        await LoggedAsync(4102, "ended Failed");
        await _node.StopAsync();
        Assert.Equal([4002, 4003], _lines.All.Select(l => l.Id).Where(i => i is 4002 or 4003));
        Assert.Equal(2, _lines.All.Count(l => l.Id == 4102)); // progress is not logged as an end
    }

    [Fact]
    public async Task The_log_of_an_operation_shows_its_steps()
    {
        await _node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{_root}/nas",
            },
            0,
            Token
        );
        var settings = new TaskSettings
        {
            Type = BackupType.Snapshot,
            FullBackup = "0 12 * * *",
            Destinations = ["nas"],
        };
        var backup = await BackUpAsync(settings);
        InOrder(
            backup,
            "requested by a test",
            "opened for a snapshot",
            "full: ",
            "writing to",
            "published at",
            "ended: Completed after",
            "81920 bytes of the database"
        );
        var restore = await _node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "new") }, "a test", Token);
        await restore.Completion.WaitAsync(Patience, Token);
        InOrder(restore.Id, "requested by a test", "restoring", "has been created", "ended: Completed after");
        var verification = await _node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "a test", Token);
        await verification.Completion.WaitAsync(Patience, Token);
        InOrder(verification.Id, "1 chains to read", "intact", "ended: Completed after");
        await LoggedAsync(4104, "Restore");
        await LoggedAsync(4105, "Verification");
        await _node.StopAsync();
    }

    private void InOrder(string operation, params string[] steps)
    {
        var log = string.Join('\n', _node.Operations.LogOf(operation));
        var at = 0;
        foreach (var step in steps)
        {
            at = log.IndexOf(step, at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"'{step}' is missing or out of order:\n{log}");
        }
    }

    private async Task<string> BackUpAsync(TaskSettings settings)
    {
        var operation = _node.BackUp(new(new("fake", "a"), settings, BackupKind.Full, null), "a test");
        await operation.Completion.WaitAsync(Patience, Token);
        return operation.Id;
    }

    private async Task LoggedAsync(int id, string text)
    {
        for (var i = 0; !_lines.All.Any(l => l.Id == id && l.Text.Contains(text, StringComparison.Ordinal)); i++)
        {
            Assert.True(i < 2000, $"{id} {text} was not logged:\n{string.Join('\n', _lines.All)}");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Token);
        }
    }

    private sealed class Lines : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<(int Id, string Text)> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => All.Enqueue((eventId.Id, formatter(state, exception)));
    }
}
