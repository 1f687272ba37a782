using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>Time zones by name.</summary>
public sealed class TimeZonesTests
{
    [Fact]
    public void Without_a_name_the_nodes_zone_is_used() => Assert.Same(TimeZoneInfo.Utc, TimeZones.Find(null, TimeZoneInfo.Utc));

    [Theory]
    [InlineData("UTC")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Etc/GMT+5")]
    public void A_zone_is_found_by_its_IANA_name(string name) => Assert.True(TimeZones.TryFind(name, out _));

    [Theory]
    [InlineData("")]
    [InlineData("Berlin")]
    [InlineData("Europe/Atlantis")]
    [InlineData("Europe")]
    [InlineData("../../../etc/passwd")]
    [InlineData("Europe/../../etc/passwd")]
    [InlineData("/etc/localtime")]
    [InlineData("Europe/Berlin\0")]
    [InlineData("Europe/Berlin ")]
    public void An_unknown_zone_is_refused_with_its_name(string name)
    {
        var e = Assert.Throws<HoldfastException>(() => TimeZones.Find(name, TimeZoneInfo.Utc));
        Assert.Equal(ErrorCatalog.Usage, e.Error);
        Assert.Contains($"'{name}'", e.Message, StringComparison.Ordinal);
        Assert.NotNull(e.Hint);
    }
}
