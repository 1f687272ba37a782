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
    public void Losing_all_databases_or_half_of_at_least_four_requires_confirmation(int known, int lost, bool isSuspicious) =>
        Assert.Equal(isSuspicious, SourceShrinkage.IsSuspicious(known, lost));

    [Fact]
    public void Losses_within_a_day_are_counted_together()
    {
        DatabaseRecord[] records = [Dropped("a", 23), Dropped("b", 1), There("c"), There("d")];
        Assert.Equal(["a", "b"], LostWith(records, "c"));
        records[0] = Dropped("a", 25);
        Assert.Empty(LostWith(records, "c"));
    }

    [Fact]
    public void Renamed_confirmed_and_returned_databases_are_not_lost()
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
    public void Short_lived_databases_do_not_count()
    {
        DatabaseRecord[] lasting = [There("x"), There("y")];
        var brief = Enumerable.Range(0, 20).Select(i => Dropped($"job{i}", i) with { FirstSeen = Now.AddHours(-i - 3) });
        Assert.Empty(LostWith([.. lasting, .. brief], "x"));
    }

    [Fact]
    public void Databases_that_a_new_source_had_at_first_count()
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
