using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Operations;
using Holdfast.Node.Tests.Faults;
using Holdfast.Testing.Faults;

namespace Holdfast.Node.Tests.Jobs;

/// <summary>Requests at the very moment at which an operation or the node ends.</summary>
public sealed class EndingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_that_is_requested_while_the_previous_one_is_ending_runs()
    {
        await using var world = new FaultWorld(1);
        world.Source.Put("db", new byte[4 * MemorySource.Page]);
        await world.BeginAsync(Token);
        var task = world.Node.Tasks.Of(new("fake", "db"))[0];
        RunningOperation? second = null;
        var first = world.Node.BackUp(new(task.Database, task.Settings, BackupKind.Full, task), "tester");
        world.Node.Operations.Changed += operation =>
        {
            if (operation.Id == first.Id && operation.HasEnded)
            {
                second ??= world.Node.BackUp(new(task.Database, task.Settings, BackupKind.Full, task), "tester");
            }
        };
        await world.WaitToPassAsync(first.Completion, "the first does not end", Token);
        Assert.NotNull(second);
        Assert.NotEqual(first.Id, second.Id);
        await world.WaitToPassAsync(second.Completion, "the second does not end", Token);
        Assert.Equal(OperationState.Completed, second.Current.State);
    }

    [Fact]
    public async Task A_node_stops_although_its_state_store_hangs()
    {
        await using var world = new FaultWorld(1);
        world.Source.Put("db", new byte[4 * MemorySource.Page]);
        await world.BeginAsync(Token);
        var task = world.Node.Tasks.Of(new("fake", "db"))[0];
        world.StoreFaults.Set(1, FaultKind.Hang);
        world.Node.State.Statuses.Set(task.Id, new() { LastError = "to be stored" });
        await world.WaitToPassAsync(UntilAsync(() => world.StoreFaults.Held > 0), "nothing hangs", Token);
        await world.WaitToPassAsync(world.Node.StopAsync(), "the node does not stop", Token);
        world.StoreFaults.Clear();
    }

    [Fact]
    public async Task Leftovers_of_a_kill_are_removed_even_after_another_kill_before_the_cleanup()
    {
        await using var world = new FaultWorld(1);
        world.Source.Put("db", new byte[4 * MemorySource.Page]);
        await world.BeginAsync(Token);
        var task = world.Node.Tasks.Of(new("fake", "db"))[0];
        foreach (var faults in world.DestinationFaults)
        {
            faults.Set(1, FaultKind.Hang);
        }
        var running = world.Node.BackUp(new(task.Database, task.Settings, BackupKind.Full, task), "tester");
        await world.WaitToPassAsync(UntilAsync(() => running.Current.State != OperationState.Queued), "the backup does not start", Token);
        await world.Node.State.Writer.FlushAsync(Token);
        await world.StopAsync(isKilled: true, Token);
        var left = $"{world.Roots.First()}/fake/db/2026-11-25-10-00-00.A-snapshot-0123456789/2026-11-25-10-00-00.snapshot.index.partial";
        Directory.CreateDirectory(Path.GetDirectoryName(left)!);
        await File.WriteAllTextAsync(left, "half", Token);
        world.Source.Drop("db"); // so that no backup of it ever cleans there

        foreach (var faults in world.DestinationFaults)
        {
            faults.Set(1, FaultKind.Hang);
        }
        await world.StartAsync(Token);
        await world.Node.State.Writer.FlushAsync(Token);
        await world.StopAsync(isKilled: true, Token);
        Assert.True(File.Exists(left), "it was removed before the second kill");

        await world.StartAsync(Token);
        await world.WaitToPassAsync(UntilAsync(() => !File.Exists(left)), $"'{left}' is not removed", Token);
    }

    [Fact]
    public async Task Leftovers_of_a_kill_are_removed_even_if_the_backup_is_recorded_as_queued()
    {
        await using var world = new FaultWorld(1);
        var names = Enumerable.Range(0, 8).Select(i => $"db{i}").ToList();
        foreach (var name in names)
        {
            world.Source.Put(name, new byte[4 * MemorySource.Page]);
        }
        await world.BeginAsync(Token);
        foreach (var faults in world.DestinationFaults)
        {
            faults.Set(1, FaultKind.Hang);
        }
        var asked = names
            .Select(name => world.Node.Tasks.Of(new("fake", name))[0])
            .Select(task => world.Node.BackUp(new(task.Database, task.Settings, BackupKind.Full, task), "tester"))
            .ToList();
        await world.WaitToPassAsync(UntilAsync(() => asked.Any(o => o.Current.State != OperationState.Queued)), "no backup starts", Token);
        await world.Node.State.Writer.FlushAsync(Token);
        var waiting = asked.Last(o => o.Current.State == OperationState.Queued).Current;
        await world.StopAsync(isKilled: true, Token);
        var left =
            $"{world.Roots.First()}/fake/{waiting.Database!.Name}/2026-11-25-10-00-00.A-snapshot-0123456789/"
            + "2026-11-25-10-00-00.snapshot.index.partial";
        Directory.CreateDirectory(Path.GetDirectoryName(left)!);
        await File.WriteAllTextAsync(left, "half", Token); // it had just started, and its record did not say so yet
        world.Source.Drop(waiting.Database.Name);

        foreach (var root in world.Roots)
        {
            world.Vanish(root, another: false);
        }
        await world.StartAsync(Token);
        await world.WaitToPassAsync(
            UntilAsync(() => world.Node.Operations.Find(waiting.Id)!.HasEnded),
            "a queued backup of a dropped database does not end",
            Token
        );
        await world.Node.State.Writer.FlushAsync(Token);
        await world.StopAsync(isKilled: true, Token);
        world.ComeBack();
        Assert.True(File.Exists(left), "it was removed before the second kill");

        await world.StartAsync(Token);
        await world.WaitToPassAsync(UntilAsync(() => !File.Exists(left)), $"'{left}' is not removed", Token);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(1, Token);
        }
    }
}
