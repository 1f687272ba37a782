using System.Globalization;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>The part of a day in which uploads may start.</summary>
public sealed class UploadWindowTests
{
    private static readonly TimeZoneInfo Berlin = TimeZones.Find("Europe/Berlin", TimeZoneInfo.Utc);

    [Theory]
    [InlineData("22:00-06:00", "2026-11-25T22:00:00Z", null)]
    [InlineData("22:00-06:00", "2026-11-26T05:59:59Z", null)]
    [InlineData("22:00-06:00", "2026-11-26T06:00:00Z", "2026-11-26T22:00:00Z")]
    [InlineData("22:00-06:00", "2026-11-25T21:59:59Z", "2026-11-25T22:00:00Z")]
    [InlineData("09:30-17:00", "2026-11-25T09:30:00Z", null)]
    [InlineData("09:30-17:00", "2026-11-25T17:00:00Z", "2026-11-26T09:30:00Z")]
    [InlineData(" 00:00 - 00:01 ", "2026-12-31T12:00:00Z", "2027-01-01T00:00:00Z")]
    public void A_window_is_open_from_its_beginning_until_before_its_end(string window, string now, string? opening) =>
        Assert.Equal(opening is null ? null : At(opening), UploadWindow.TryParse(window)!.FindOpening(At(now), TimeZoneInfo.Utc));

    [Theory]
    // Clocks are set forward from 02:00 to 03:00 on 2026-03-29: the window begins with them.
    [InlineData("02:30-04:00", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")]
    // They are set back from 03:00 to 02:00 on 2026-10-25: the window begins at the first 02:30.
    [InlineData("02:30-04:00", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("02:30-02:45", "2026-10-25T00:50:00Z", "2026-10-26T01:30:00Z")]
    public void A_window_follows_the_clocks_of_its_zone(string window, string now, string opening) =>
        Assert.Equal(At(opening), UploadWindow.TryParse(window)!.FindOpening(At(now), Berlin));

    [Theory]
    [InlineData("")]
    [InlineData("22:00")]
    [InlineData("22-06")]
    [InlineData("22:00-22:00")]
    [InlineData("22:00-24:00")]
    [InlineData("22:00-06:00-07:00")]
    public void Anything_else_is_no_window(string text) => Assert.Null(UploadWindow.TryParse(text));

    [Fact]
    public void A_window_is_written_as_it_is_read() => Assert.Equal("22:00-06:05", UploadWindow.TryParse("22:00-06:05")?.ToString());

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
}
