using Holdfast.Studio.Formatting;
using Holdfast.Studio.Pages.Restore;

namespace Holdfast.Studio.Tests;

/// <summary>What the restore wizard works out by itself.</summary>
public sealed class RestoreWizardTests
{
    [Theory]
    [InlineData("orders.db", "orders.db", new string[0])]
    [InlineData("orders.db", "orders-restored.db", new[] { "orders.db" })]
    [InlineData("orders.db", "orders-restored-3.db", new[] { "orders.db", "orders-restored.db", "orders-restored-2.db" })]
    [InlineData("tenants/v1.2/ash", "tenants/v1.2/ash-restored", new[] { "tenants/v1.2/ash" })]
    [InlineData("a/.hidden", "a/.hidden-restored", new[] { "a/.hidden" })]
    public async Task A_name_is_suggested_that_nobody_has(string old, string suggested, string[] taken) =>
        Assert.Equal(suggested, await DatabaseNameSuggestion.SuggestAsync(old, name => Task.FromResult(taken.Contains(name))));

    [Theory]
    [InlineData("orders.db", true)]
    [InlineData("a/b/c.db", true)]
    [InlineData("ünï code.db", true)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData(null, false)]
    [InlineData("../a.db", false)]
    [InlineData("a//b.db", false)]
    [InlineData("a/", false)]
    [InlineData("/a", false)]
    [InlineData("./a", false)]
    [InlineData("a\nb", false)]
    public void Names_that_cannot_be_are_said_so(string? name, bool isGood) =>
        Assert.Equal(isGood, DatabaseNameSuggestion.Validate(name) is null);

    [Theory]
    [InlineData("0640", false, false, "belongs to holdfast, the server's user; nobody else may read or write it (mode 0600)")]
    [InlineData("0640", true, false, "belongs to holdfast, the server's user; mode 0640")]
    [InlineData("6777", true, true, "belongs to shop:www, if the server may give files away; mode 0660")]
    public void The_summary_says_whose_the_file_will_be(string mode, bool keepMode, bool keepOwner, string words) =>
        Assert.Equal(
            words,
            FileFormatter.Of(
                new()
                {
                    Archive = "a",
                    Time = default,
                    Kind = "Snapshot",
                    IsEncrypted = false,
                    ServerUser = "holdfast",
                    File = new(mode, "shop", "www"),
                },
                keepMode,
                keepOwner
            )
        );

    [Fact]
    public void An_address_says_where_a_person_is_and_leads_back_without_what_came_after()
    {
        var address = new RestoreAddress
        {
            From = "demo/a b.db",
            Point = "2026-11-25-02-00-00",
            At = "nas",
            Target = "demo/n&w.db",
            Operation = "1a",
        };
        Assert.Equal(
            "/restore?from=demo%2Fa%20b.db&point=2026-11-25-02-00-00&at=nas&target=demo%2Fn%26w.db&operation=1a",
            address.ToString()
        );
        Assert.Equal("/restore", address.BackTo(RestoreStep.Location).ToString());
        Assert.Equal("/restore?from=demo%2Fa%20b.db", address.BackTo(RestoreStep.Point).ToString());
        Assert.Equal(
            "/restore?from=demo%2Fa%20b.db&point=2026-11-25-02-00-00&at=nas&target=demo%2Fn%26w.db",
            address.BackTo(RestoreStep.Name).ToString()
        );
        Assert.EndsWith("&step=summary", address.BackTo(RestoreStep.Summary).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_month_has_whole_weeks_from_Monday_and_leads_to_the_nearest_ones_with_points()
    {
        DateTimeOffset[] points = [Time(2026, 7, 31, 23), Time(2026, 11, 1, 0), Time(2026, 11, 30, 1), Time(2026, 11, 30, 2)];
        var month = CalendarMonth.Of(null, points);
        Assert.Equal(("November 2026", "2026-07", null), (month.Name, month.Before, month.After));
        var weeks = month.Weeks().ToList();
        Assert.All(weeks, w => Assert.Equal(7, w.Count));
        Assert.Equal(new DateOnly(2026, 11, 1), Assert.Single(weeks[0], d => d is not null)); // a Sunday
        Assert.Equal(new DateOnly(2026, 11, 30), Assert.Single(weeks[^1], d => d is not null)); // a Monday
        Assert.Equal(Enumerable.Range(1, 30), weeks.SelectMany(w => w).OfType<DateOnly>().Select(d => d.Day));
        Assert.Equal(2, month.Points[new(2026, 11, 30)]);
        var july = CalendarMonth.Of("2026-07", points);
        Assert.Equal((null, "2026-11"), (july.Before, july.After));
        Assert.Equal("November 2026", CalendarMonth.Of("nonsense", points).Name);
        Assert.Null(CalendarMonth.Parse("2026-02-30"));
    }

    private static DateTimeOffset Time(int year, int month, int day, int hour) => new(year, month, day, hour, 0, 0, TimeSpan.Zero);
}
