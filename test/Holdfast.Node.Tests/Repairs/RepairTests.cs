using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests.Repairs;

/// <summary>What a destination lacks is copied from another one, by an operation of its own.</summary>
public sealed class RepairTests : BackedUpNode
{
    [Fact]
    public async System.Threading.Tasks.Task A_destination_that_was_away_gets_everything_when_it_is_back()
    {
        await CoverAsync("nas", "second");
        await BackUpAsync("a", BackupKind.Full);
        Directory.Move($"{Root}/second", $"{Root}/away");
        for (var i = 0; i < 2; i++)
        {
            Source.Databases["a"][i]++;
            Assert.Equal(OperationState.CompletedWithErrors, (await BackUpAsync("a", BackupKind.Incremental)).State);
        }
        Assert.Equal(ProtectionState.Incomplete, Node.Protection.Of(Task).State);
        await Node.Destinations.CheckAllAsync(Token);
        Node.StartRepairs();
        Assert.Empty(Repairs()); // it would fail

        Directory.Move($"{Root}/away", $"{Root}/second");
        await Node.Destinations.CheckAllAsync(Token);
        Node.StartRepairs();
        var repair = Assert.Single(await RepairsEndedAsync());
        Assert.Equal((OperationState.Completed, Task.Id), (repair.State, repair.TaskId));
        Assert.Equal([null, null], repair.Result!.Destinations.OrderBy(d => d.Key).Select(d => d.Value));
        Assert.Equal(Files("nas"), Files("second"));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Null(Node.StatusOf(Task.Id).FailedDestinations);

        Node.StartRepairs();
        Assert.Single(Repairs()); // nothing is left to do
        Source.Databases["a"][9]++;
        Assert.Equal(OperationState.Completed, (await BackUpAsync("a", BackupKind.Incremental)).State);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_destination_that_is_added_gets_the_newest_chain_or_all_of_them()
    {
        await CoverAsync("nas", "second");
        await SetDestinationsAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        Time.Advance(TimeSpan.FromMinutes(5));
        await BackUpAsync("a", BackupKind.Full);
        Source.Databases["a"][0]++;
        await BackUpAsync("a", BackupKind.Incremental);
        await SetDestinationsAsync("nas", "second");
        Assert.Equal(ProtectionState.Incomplete, Node.Protection.Of(Task).State);

        Node.StartRepairs();
        Assert.Equal(OperationState.Completed, Assert.Single(await RepairsEndedAsync()).State);
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Equal(Files("nas").Where(f => f.Contains($"/{NewestChain("nas")}/", StringComparison.Ordinal)), Files("second"));

        await EndedAsync(Node.Repair(Task.Id, allChains: true));
        Assert.Equal(Files("nas"), Files("second"));
    }

    [Theory]
    [InlineData(ExistingBackups.None)]
    [InlineData(ExistingBackups.All)]
    public async System.Threading.Tasks.Task A_destination_that_is_added_gets_what_the_task_says(ExistingBackups existing)
    {
        await CoverAsync("nas", "second");
        await SetDestinationsAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        await BackUpAsync("a", BackupKind.Full);
        await SetDestinationsAsync(existing, "nas", "second");
        Node.StartRepairs();
        await RepairsEndedAsync();
        if (existing == ExistingBackups.All)
        {
            Assert.Equal(OperationState.Completed, Assert.Single(Repairs()).State);
            Assert.Equal(Files("nas"), Files("second"));
            return;
        }
        Assert.Empty(Repairs());
        Assert.Equal(ProtectionState.Incomplete, Node.Protection.Of(Task).State);
        Assert.Equal(OperationState.CompletedWithErrors, (await BackUpAsync("a", BackupKind.Incremental)).State);
        Assert.False(Directory.Exists($"{Root}/second/fake/a"));
        Assert.Equal(OperationState.Completed, (await BackUpAsync("a", BackupKind.Full)).State);
        Assert.Single(Archives("second", "a"));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        // From here on it is repaired like the others.
        Directory.Move($"{Root}/second", $"{Root}/away");
        await BackUpAsync("a", BackupKind.Incremental);
        Directory.Move($"{Root}/away", $"{Root}/second");
        await Node.Destinations.CheckAllAsync(Token);
        Node.StartRepairs();
        Assert.Equal(OperationState.Completed, Assert.Single(await RepairsEndedAsync()).State);
        Assert.Equal(2, Archives("second", "a").Length);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_repair_that_fails_says_so_and_is_repeated_later_and_later()
    {
        await CoverAsync("nas", "second");
        await ThreeAsync("a");
        DamageAt("second", Kind.MiddleRemoved);
        foreach (var destination in (string[])["nas", "second"])
        {
            await Node.Audit.CompareAsync(destination, new("fake", "a"), Token);
        }
        DamageAt("nas", Kind.Cut); // what it would copy is intact; but the newest one is not
        var middle = Archives("nas", "a")[1];
        Flip(middle, 100);

        int Count() => Repairs().Count;
        Node.StartRepairs();
        var failed = Assert.Single(await RepairsEndedAsync());
        Assert.Equal((OperationState.Failed, ErrorCatalog.Corrupt.Code), (failed.State, failed.Error!.Code));
        Assert.StartsWith("Destination 'second' may still lack archives: ", failed.Error.Message, StringComparison.Ordinal);
        foreach (var minutes in (int[])[1, 5, 15, 60, 60])
        {
            var before = Count();
            Node.StartRepairs();
            Assert.Equal(before, Count());
            Time.Advance(TimeSpan.FromMinutes(minutes));
            Node.StartRepairs();
            await RepairsEndedAsync();
            Assert.Equal(before + 1, Count());
        }
    }

    [Fact]
    public async System.Threading.Tasks.Task A_damaged_copy_at_one_source_is_replaced_by_the_one_of_another()
    {
        await CoverAsync("nas", "second", "third");
        await ThreeAsync("a");
        DamageAt("third", Kind.FullRemoved);
        Flip(Archives("nas", "a")[0], 100); // unknown so far
        await Node.Audit.CompareAsync("third", new("fake", "a"), Token);
        Node.StartRepairs();
        Assert.Equal(OperationState.Completed, Assert.Single(await RepairsEndedAsync()).State);
        Assert.Equal(Files("second"), Files("third"));
    }

    [Fact]
    public async System.Threading.Tasks.Task Older_chains_are_completed_although_the_newest_backup_is_everywhere()
    {
        await CoverAsync("nas", "second");
        await BackUpAsync("a", BackupKind.Full);
        Directory.Move($"{Root}/second", $"{Root}/away");
        await BackUpAsync("a", BackupKind.Incremental);
        await BackUpAsync("a", BackupKind.Full);
        Directory.Move($"{Root}/away", $"{Root}/second");
        await Node.Destinations.CheckAllAsync(Token);
        Assert.Equal(OperationState.Completed, (await BackUpAsync("a", BackupKind.Full)).State);
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.NotEqual(Files("nas"), Files("second"));

        Node.StartRepairs();
        Assert.Equal(OperationState.Completed, Assert.Single(await RepairsEndedAsync()).State);
        Assert.Equal(Files("nas"), Files("second"));
        Node.StartRepairs();
        Assert.Single(await RepairsEndedAsync());
    }

    [Fact]
    public async System.Threading.Tasks.Task All_existing_backups_are_copied_although_a_backup_was_made_before()
    {
        await CoverAsync("nas", "second");
        await SetDestinationsAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        await BackUpAsync("a", BackupKind.Full);
        await SetDestinationsAsync(ExistingBackups.All, "nas", "second");
        Assert.Equal(OperationState.Completed, (await BackUpAsync("a", BackupKind.Full)).State);
        Node.StartRepairs();
        Assert.Equal(OperationState.Completed, Assert.Single(await RepairsEndedAsync()).State);
        Assert.Equal(Files("nas"), Files("second"));
    }

    [Fact]
    public async System.Threading.Tasks.Task A_repair_needs_two_destinations()
    {
        await CoverAsync("nas");
        var failure = Assert.Throws<HoldfastException>(() => Node.Repair(Task.Id));
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        Node.StartRepairs();
        Assert.Empty(Repairs());
    }

    [Fact]
    public async System.Threading.Tasks.Task A_queued_repair_runs_after_a_restart()
    {
        await CoverAsync("nas", "second");
        await ThreeAsync("a");
        DamageAt("second", Kind.FolderRemoved);
        await Node.Audit.CompareAsync("second", new("fake", "a"), Token);
        var id = Node.Repair(Task.Id).Id;
        await StopAsync();
        await StartAsync();
        await UntilAsync(() => Node.Operations.All.Single(o => o.Id == id).HasEnded);
        // It may have been interrupted while it ran.
        var state = Node.Operations.All.Single(o => o.Id == id).State;
        Assert.Contains(state, (OperationState[])[OperationState.Completed, OperationState.Failed]);
        Node.StartRepairs();
        await RepairsEndedAsync();
        Assert.Equal(Files("nas"), Files("second"));
    }

    private System.Threading.Tasks.Task SetDestinationsAsync(params string[] destinations) =>
        SetDestinationsAsync(ExistingBackups.Newest, destinations);

    private async System.Threading.Tasks.Task SetDestinationsAsync(ExistingBackups existing, params string[] destinations)
    {
        var (id, template) = (Node.State.Templates.Items.Single().Key, Node.State.Templates.Items.Single().Value);
        await Node.State.Templates.PutAsync(
            id,
            template with
            {
                Settings = template.Settings with { Destinations = destinations, ExistingBackups = existing },
            },
            null,
            Token
        );
        await UntilAsync(() => Task.Settings.Destinations.SequenceEqual(destinations));
    }

    private string NewestChain(string destination) =>
        Path.GetFileName(Path.GetDirectoryName(Archives(destination, "a").Max(StringComparer.Ordinal)))!;

    private List<Operation> Repairs() => [.. Node.Operations.All.Where(o => o.Kind == OperationKind.Repair)];

    private async Task<List<Operation>> RepairsEndedAsync()
    {
        await UntilAsync(() => Repairs().TrueForAll(o => o.HasEnded));
        return Repairs();
    }
}
