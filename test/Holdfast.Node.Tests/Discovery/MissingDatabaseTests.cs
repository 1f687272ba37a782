using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>Databases that disappear from a source: dropped, or missing until an operator confirms it.</summary>
public sealed class MissingDatabaseTests : SourceTestBase
{
    [Fact]
    public async Task A_source_that_lost_all_databases_keeps_them_as_missing_until_they_are_back()
    {
        Source.Has("a", "b");
        await AttachAsync();
        Source.Has();
        await Monitor.DiscoverAsync(Token);
        Assert.Equal((null, Time.GetUtcNow()), (Record("a").Dropped, Record("a").MissingSince));
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        Assert.Equal(ErrorCatalog.SourceShrunk, Assert.Throws<HoldfastException>(() => Monitor.GetDatabase("a")).Error);
        await RestartAsync();
        Assert.NotNull(Record("a").MissingSince);
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        Source.Has("a", "b");
        await Monitor.DiscoverAsync(Token);
        Assert.Null(Record("a").MissingSince);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task Missing_databases_are_dropped_when_an_operator_confirms_it()
    {
        Source.Has("a", "b", "c", "d", "e");
        await AttachAsync();
        Source.Has("a", "b");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal(3, State.Databases.Items.Count(r => r.Value.MissingSince is not null));
        Source.Has("a");
        await Monitor.DiscoverAsync(Token);
        Assert.NotNull(Record("b").MissingSince); // the problem persists: no database counts as dropped
        await Monitor.ConfirmAsync(Token);
        Assert.Equal(
            ["b", "c", "d", "e"],
            State.Databases.Items.Where(r => r.Value.Dropped is not null).Select(r => r.Value.Id.Name).Order(StringComparer.Ordinal)
        );
        Assert.Empty(Alerts());
        Assert.Equal(ErrorCatalog.NotAllowed, (await Assert.ThrowsAsync<HoldfastException>(() => Monitor.ConfirmAsync(Token))).Error);
    }

    [Fact]
    public async Task Databases_that_disappear_one_by_one_within_a_day_all_become_missing_when_they_are_too_many()
    {
        Source.Has("a", "b", "c", "d", "e", "f");
        await AttachAsync();
        foreach (var left in (string[])["bcdef", "cdef", "def"])
        {
            Time.Advance(TimeSpan.FromHours(2));
            await HasAsync(left);
            Assert.Empty(Alerts());
        }

        Assert.NotNull(Record("a").Dropped);
        Time.Advance(TimeSpan.FromHours(2));
        await HasAsync("ef");
        Assert.Equal([AlertKind.SourceShrunk], Alerts().Select(a => a.Kind));
        Assert.All("abcd", n => Assert.Equal((null, Time.GetUtcNow()), (Record($"{n}").Dropped, Record($"{n}").MissingSince)));
        Assert.Equal(4, Monitor.Missing);
        await HasAsync("abef"); // some are back: the loss of the others must be confirmed
        Assert.Equal((2, null), (Monitor.Missing, Record("a").MissingSince));
        await Monitor.ConfirmAsync(Token);
        Assert.Empty(Alerts());
        await HasAsync("bef");
        Assert.NotNull(Record("a").Dropped); // confirmed losses no longer count
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task Databases_that_disappear_one_by_one_over_days_are_dropped()
    {
        Source.Has("a", "b", "c", "d", "e", "f");
        await AttachAsync();
        foreach (var left in (string[])["bcdef", "cdef", "def", "ef"])
        {
            Time.Advance(TimeSpan.FromHours(13));
            await HasAsync(left);
        }

        Assert.Empty(Alerts());
        Assert.Equal(4, State.Databases.Items.Count(r => r.Value.Dropped is not null));
    }

    [Fact]
    public async Task A_few_databases_that_disappear_are_dropped_and_a_renamed_one_is_not_lost()
    {
        Source.Databases = [.. "abcde".Select(c => new DiscoveredDatabase($"{c}", 1, EncryptionState.No) { Identity = $"id {c}" })];
        await AttachAsync();
        Source.Databases = [.. Source.Databases.Skip(2).Append(new("z", 1, EncryptionState.No) { Identity = "id a" })];
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("shop/z", Record("a").RenamedTo!.ToString());
        Assert.NotNull(Record("b").Dropped);
        Assert.Empty(Alerts());
    }

    [Fact]
    public async Task A_file_that_is_no_longer_a_database_is_a_problem_and_not_dropped()
    {
        Source.Has("a", "b");
        await AttachAsync();
        Source.Has("b");
        Source.Explained["a"] = new(ErrorCatalog.SourceUnreadable, "It has 0 bytes.");
        await Monitor.DiscoverAsync(Token);
        Assert.Equal("It has 0 bytes.", Record("a").Problem!.Message);
        Assert.Null(Record("a").Dropped);
        Assert.Equal([AlertKind.DatabaseUnreadable], Alerts().Select(a => a.Kind));
        Assert.Equal("It has 0 bytes.", Monitor.GetDatabase("a").Problem!.Message);
    }
}
