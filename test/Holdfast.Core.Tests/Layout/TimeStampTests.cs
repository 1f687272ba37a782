using CsCheck;
using Holdfast.Core.Layout;

namespace Holdfast.Core.Tests.Layout;

/// <summary>Times in names.</summary>
public sealed class TimeStampTests
{
    [Fact]
    public void A_time_is_formatted_in_UTC_and_truncated_to_the_second() =>
        Assert.Equal("2026-11-23-22-05-09", TimeStamp.Format(new DateTimeOffset(2026, 11, 24, 0, 5, 9, 999, TimeSpan.FromHours(2))));

    [Fact]
    public void Time_stamps_sort_as_their_times_do() =>
        Gen.Select(Gen.Long[0, 250_000_000_000], Gen.Long[0, 250_000_000_000])
            .Sample(
                (a, b) =>
                {
                    var (first, second) = (DateTimeOffset.UnixEpoch.AddSeconds(a), DateTimeOffset.UnixEpoch.AddSeconds(b));
                    return Math.Sign(string.CompareOrdinal(TimeStamp.Format(first), TimeStamp.Format(second))) == first.CompareTo(second);
                }
            );

    [Fact]
    public void Every_time_stamp_has_19_characters_and_is_parsed_back_in_UTC() =>
        Gen.Long[0, 250_000_000_000]
            .Sample(seconds =>
            {
                var time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
                var text = TimeStamp.Format(time);
                return text.Length == TimeStamp.Length
                    && TimeStamp.TryParse(text, out var read)
                    && read == time
                    && read.Offset == TimeSpan.Zero;
            });

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-23")]
    [InlineData("2026-11-23T07:05:09Z")]
    [InlineData("2026-11-23-24-00-00")]
    [InlineData("2026-11-23-07-05-9")]
    [InlineData(" 2026-11-23-07-05-09")]
    [InlineData("2026-11-23-07-05-09 ")]
    public void Text_that_is_not_a_time_stamp_is_not_parsed(string text) => Assert.False(TimeStamp.TryParse(text, out _));
}
