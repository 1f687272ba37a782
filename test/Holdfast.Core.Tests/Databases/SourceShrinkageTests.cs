using Holdfast.Core.Databases;

namespace Holdfast.Core.Tests.Databases;

public sealed class SourceShrinkageTests
{
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 1, true)]
    [InlineData(2, 1, false)]
    [InlineData(3, 2, false)]
    [InlineData(3, 3, true)]
    [InlineData(4, 2, false)]
    [InlineData(4, 3, true)]
    [InlineData(5, 2, false)]
    [InlineData(5, 3, true)]
    [InlineData(10_000, 5_000, false)]
    [InlineData(10_000, 5_001, true)]
    public void All_or_more_than_half_of_four_and_more_have_to_be_confirmed(int known, int lost, bool isSuspicious) =>
        Assert.Equal(isSuspicious, SourceShrinkage.IsSuspicious(known, lost));

    [Fact]
    public void What_was_lost_within_a_day_counts_together()
    {
        DatabaseRecord[] records = [Dropped("a", 23), Dropped("b", 1), There("c"), There("d")];
        Assert.Equal(["a", "b"], LostWith(records, "c"));
        records[0] = Dropped("a", 25);
        Assert.Empty(LostWith(records, "c"));
    }

    [Fact]
    public void What_was_renamed_or_confirmed_or_is_back_is_not_lost()
    {
        DatabaseRecord[] others = [Dropped("b", 1), There("c"), There("d")];
        Assert.Empty(LostWith([Dropped("a", 2) with { RenamedTo = new("shop", "z") }, .. others], "c"));
        Assert.Empty(LostWith([Dropped("a", 2) with { IsDropConfirmed = true }, There("e"), .. others], "c"));
        Assert.Empty(
            SourceShrinkage.FindGradualLosses(
                [Dropped("a", 2), .. others],
                new HashSet<DatabaseId> { new("shop", "c") },
                id => id.Name is "a" or "d",
                Now
            )
        );
    }

    [Fact]
    public void Databases_that_live_for_hours_only_do_not_count()
    {
        DatabaseRecord[] lasting = [There("x"), There("y")];
        var brief = Enumerable.Range(0, 20).Select(i => Dropped($"job{i}", i) with { FirstSeen = Now.AddHours(-i - 3) });
        Assert.Empty(LostWith([.. lasting, .. brief], "x"));
    }

    [Fact]
    public void Of_a_source_that_is_new_those_count_that_were_there_first()
    {
        var first = Now.AddHours(-1);
        DatabaseRecord[] records =
        [
            .. new[] { Dropped("a", 0.5), Dropped("b", 0.4), There("c"), There("d") }.Select(r => r with { FirstSeen = first }),
        ];
        Assert.Equal(["a", "b"], LostWith(records, "c"));
    }

    private static readonly DateTimeOffset Now = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);

    private static IEnumerable<string> LostWith(DatabaseRecord[] records, string lost) =>
        SourceShrinkage
            .FindGradualLosses(
                records,
                new HashSet<DatabaseId> { new("shop", lost) },
                id => records.Any(r => r.Id == id && r.Dropped is null && id.Name != lost),
                Now
            )
            .Select(r => r.Id.Name);

    private static DatabaseRecord There(string name) =>
        new()
        {
            Id = new("shop", name),
            Engine = "sqlite",
            FirstSeen = Now.AddDays(-30),
        };

    private static DatabaseRecord Dropped(string name, double hours) => There(name) with { Dropped = Now.AddHours(-hours) };
}
