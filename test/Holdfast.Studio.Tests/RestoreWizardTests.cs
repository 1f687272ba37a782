using Holdfast.Studio.Formatting;
using Holdfast.Studio.Pages.Restore;
using Holdfast.Studio.Pages.Restore.Steps;

namespace Holdfast.Studio.Tests;

/// <summary>The logic of the restore wizard.</summary>
public sealed class RestoreWizardTests
{
    [Theory]
    [InlineData("orders.db", "orders.db", new string[0])]
    [InlineData("orders.db", "orders-restored.db", new[] { "orders.db" })]
    [InlineData("orders.db", "orders-restored-3.db", new[] { "orders.db", "orders-restored.db", "orders-restored-2.db" })]
    [InlineData("tenants/v1.2/ash", "tenants/v1.2/ash-restored", new[] { "tenants/v1.2/ash" })]
    [InlineData("a/.hidden", "a/.hidden-restored", new[] { "a/.hidden" })]
    public async Task The_suggested_name_is_not_in_use(string old, string suggested, string[] taken) =>
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
    public void Invalid_names_are_rejected(string? name, bool isValid) =>
        Assert.Equal(isValid, DatabaseNameSuggestion.Validate(name) is null);

    [Theory]
    [InlineData("0640", false, false, "owner: holdfast, the user of the server; mode: 0600 (no access for other users)")]
    [InlineData("0640", true, false, "owner: holdfast, the user of the server; mode: 0640")]
    [InlineData("6777", true, true, "owner: shop:www, if the server has permission to change the owner; mode: 0660")]
    public void The_summary_names_owner_and_mode_of_the_new_file(string mode, bool keepMode, bool keepOwner, string expected) =>
        Assert.Equal(
            expected,
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
    public void The_address_contains_the_state_and_going_back_drops_later_steps()
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
    public void A_month_has_full_weeks_from_Monday_and_links_to_the_nearest_months_with_points()
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
