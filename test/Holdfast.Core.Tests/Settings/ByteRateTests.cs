using Holdfast.Core.Settings;

namespace Holdfast.Core.Tests.Settings;

/// <summary>Rates as operators write them.</summary>
public sealed class ByteRateTests
{
    [Theory]
    [InlineData("10 MiB/s", 10 << 20)]
    [InlineData("10MiB/s", 10 << 20)]
    [InlineData("1.5 mib/S", 3 << 19)]
    [InlineData("500 KB", 500_000)]
    [InlineData(" 2 GB/s ", 2_000_000_000)]
    [InlineData("4096 B/s", 4096)]
    public void A_number_and_a_unit_are_a_rate(string text, long rate)
    {
        Assert.True(ByteRate.TryParse(text, out var read));
        Assert.Equal(rate, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("MiB/s")]
    [InlineData("-1 MiB/s")]
    [InlineData("0 KB/s")]
    [InlineData("0.5 B/s")]
    [InlineData("1,5 MiB/s")]
    [InlineData("10 Mbit/s")]
    [InlineData("10 MiB/min")]
    [InlineData("9999999999 GiB/s")]
    public void Anything_else_is_none(string text) => Assert.False(ByteRate.TryParse(text, out _));
}
