using Holdfast.Core.Alerts;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tasks;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Tasks;

/// <summary>The derived and regular tasks, whatever changes concurrently and in whatever order.</summary>
public sealed class TaskRegistryTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly MemoryStore _store = new();
    private NodeState _state = null!;
    private TaskRegistry _tasks = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _state = new(_store, "A", _time);
        await _state.StartAsync(Token);
        _tasks = new(_state.Templates, _state.Tasks, _state.Databases);
    }

    public async ValueTask DisposeAsync() => await _state.DisposeAsync();

    [Fact]
    public async Task Saving_a_template_concurrently_neither_loses_a_saved_task_nor_restores_a_deleted_one()
    {
        for (var i = 0; i < 200; i++)
        {
            Discover($"db{i}", Start);
        }
        // Many other tasks, of databases that do not exist: reading all of them takes time, in which changes arrive.
        var others = Enumerable.Range(0, 4000).Select(i => Regular($"other{i:x5}", $"gone{i}")).ToList();
        var commit = await _store.CommitAsync(new() { Changes = [.. others.Select(t => _state.Tasks.CreateChange(t.Id, t))] }, Token);
        await _state.Tasks.WaitForRevisionAsync(commit.Revision, Token);
        _tasks.Start();
        var random = new Random(20_261_129);
        for (var round = 0; round < 40; round++)
        {
            var task = Regular($"{round:x10}", $"db{random.Next(200)}");
            var pauses = (random.Next(20_000), random.Next(20_000));
            await AtOnceAsync(
                pauses,
                () => _state.Templates.PutAsync("t", Template("t", round), null, Token),
                () => _state.Tasks.PutAsync(task.Id, task, null, Token)
            );
            Assert.True(
                _tasks.Find(task.Id)?.Database == task.Database && _tasks.Of(task.Database).Any(t => t.Id == task.Id),
                $"round {round}: acknowledged, but not scheduled"
            );
            await AtOnceAsync(
                pauses,
                () => _state.Templates.PutAsync("t", Template("t", round), null, Token),
                () => _state.Tasks.DeleteAsync(task.Id, null, Token)
            );
            Assert.True(
                _tasks.Find(task.Id) is null && _tasks.Of(task.Database).All(t => t.Id != task.Id),
                $"round {round}: deleted, but still scheduled"
            );
        }
    }

    [Fact]
    public async Task Two_tasks_with_the_same_id_raise_an_alert_and_do_not_replace_each_other()
    {
        Discover("a", Start);
        Discover("b", Start.AddDays(1));
        _tasks.Start();
        await _state.Templates.PutAsync("t", Template("t", 0), null, Token);
        var (a, b) = (_tasks.Of(new("fake", "a")).Single(), _tasks.Of(new("fake", "b")).Single());
        Assert.Empty(_tasks.IdConflicts);
        // By coincidence the regular task of b has the id of the derived task of a, which is older.
        var late = Regular(a.Id, "b") with { ScheduledSince = Start.AddDays(2) };
        await _state.Tasks.PutAsync(late.Id, late, null, Token);
        Assert.Equal(a, _tasks.Find(a.Id));
        Assert.Equal([b], _tasks.Of(new("fake", "b")));
        var clash = Assert.Single(_tasks.IdConflicts);
        Assert.Equal((late.Database, a), (clash.Task.Database, clash.Owner));
        var alert = Assert.Single(
            AlertRules.Evaluate(
                new()
                {
                    Now = Start,
                    StartedAt = Start,
                    TaskIdConflicts = _tasks.IdConflicts,
                }
            )
        );
        Assert.Equal((AlertKind.TaskClash, AlertSeverity.Error, "fake/b"), (alert.Kind, alert.Severity, alert.Subject.Database));
        Assert.Contains("fake/a", alert.Message, StringComparison.Ordinal);
        // When the task with the id is deleted, the other one gets it.
        await _state.Templates.DeleteAsync("t", null, Token);
        Assert.Equal(late.Database, _tasks.Find(a.Id)!.Database);
        Assert.Equal([late.Id], _tasks.Of(new("fake", "b")).Select(t => t.Id));
        Assert.Empty(_tasks.IdConflicts);
    }

    [Fact]
    public async Task The_older_task_keeps_the_id_regardless_of_the_order_of_discovery()
    {
        Discover("b", Start.AddDays(1));
        _tasks.Start();
        await _state.Templates.PutAsync("t", Template("t", 0), null, Token);
        var b = _tasks.Of(new("fake", "b")).Single();
        var early = Regular(b.Id, "a") with { ScheduledSince = Start.AddDays(-1) };
        await _state.Tasks.PutAsync(early.Id, early, null, Token);
        Assert.Equal(b, _tasks.Find(b.Id));
        Discover("a", Start);
        _tasks.Derive(_state.Databases.Find("fake/a")!);
        Assert.Equal(early.Database, _tasks.Find(b.Id)!.Database);
        Assert.Empty(_tasks.Of(new("fake", "b")));
        Assert.Equal(b, Assert.Single(_tasks.IdConflicts).Task);
    }

    private static Template Template(string id, int minutes) =>
        new()
        {
            Id = id,
            Name = "nightly",
            ScheduledSince = Start,
            Spread = TimeSpan.FromMinutes(minutes % 2),
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 * * * *",
                Destinations = ["nas"],
            },
        };

    private static RegularTask Regular(string id, string database) =>
        new()
        {
            Id = id,
            Name = "own",
            Database = new("fake", database),
            ScheduledSince = Start,
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 * * * *",
                Destinations = ["nas"],
            },
        };

    private static Task AtOnceAsync((int One, int Other) pauses, Func<Task> one, Func<Task> other)
    {
        return Task.WhenAll(Task.Run(() => After(pauses.One, one), Token), Task.Run(() => After(pauses.Other, other), Token));

        static Task After(int turns, Func<Task> what)
        {
            Thread.SpinWait(turns);
            return what();
        }
    }

    private void Discover(string name, DateTimeOffset firstSeen) =>
        _state.Databases.Set(
            new()
            {
                Id = new("fake", name),
                Engine = "fake",
                FirstSeen = firstSeen,
            }
        );
}
