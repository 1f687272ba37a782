using Holdfast.Node.Destinations.Uploads;

namespace Holdfast.Node.Tests.Destinations;

/// <summary>What operators can decide about the use of a remote destination.</summary>
public sealed class DestinationPolicyTests : NodeTestBase
{
    private DestinationAvailability Availability => new(Node.Destinations, Node.Settings, Time);

    [Fact]
    public async Task Outside_of_its_window_a_destination_waits_for_it()
    {
        await using var bucket = await TestBucket.StartAsync();
        await Node.Destinations.PutAsync(bucket.Define(("uploadWindow", "22:00-06:00"), ("uploadTimeZone", "Europe/Berlin")), 0, Token);
        await ToAsync("2026-11-25T20:59:59Z"); // an hour earlier than in Berlin
        var wait = Availability.FindWait("offsite");
        Assert.Equal(new UploadWait("offsite", "22:00-06:00", DateTimeOffset.Parse("2026-11-25T21:00:00Z", null)), wait);
        Assert.Contains("upload window 22:00-06:00, which opens at 2026-11-25 21:00 UTC", wait!.Message, StringComparison.Ordinal);
        await ToAsync("2026-11-25T21:00:00Z");
        Assert.Null(Availability.FindWait("offsite"));
        await ToAsync("2026-11-26T05:00:00Z");
        Assert.Equal(DateTimeOffset.Parse("2026-11-26T21:00:00Z", null), Availability.FindWait("offsite")?.Until);
        Assert.Null(Availability.FindWait("nas"));
        Assert.Null(Availability.FindWait("unknown"));
    }

    [Fact]
    public async Task A_window_without_a_time_zone_is_in_that_of_the_node()
    {
        await using var bucket = await TestBucket.StartAsync();
        await Node.Destinations.PutAsync(bucket.Define(("uploadWindow", "09:00-17:00")), 0, Token);
        await ToAsync("2026-11-25T17:30:00Z");
        Assert.Equal(DateTimeOffset.Parse("2026-11-26T09:00:00Z", null), Availability.FindWait("offsite")?.Until);
    }

    [Fact]
    public async Task A_definition_has_no_limits_unless_it_says_so()
    {
        await using var bucket = await TestBucket.StartAsync();
        await Node.Destinations.PutAsync(bucket.Define(), 0, Token);
        Assert.Equal(Holdfast.Destinations.Limits.DestinationPolicy.Default, Node.Destinations.PolicyOf("offsite"));
        await Node.Destinations.PutAsync(bucket.Define(("bandwidth", "10 MiB/s"), ("maxRequests", 4), ("deletes", false)), null, Token);
        Assert.Equal(
            new()
            {
                Bandwidth = 10 << 20,
                MaxRequests = 4,
                Deletes = false,
            },
            Node.Destinations.PolicyOf("offsite")
        );
    }

    [Theory]
    [InlineData("bandwidth", "fast")]
    [InlineData("bandwidth", "0 B/s")]
    [InlineData("bandwidth", "10 parsecs")]
    [InlineData("uploadWindow", "22-6")]
    [InlineData("uploadWindow", "06:00-06:00")]
    [InlineData("uploadWindow", "25:00-06:00")]
    [InlineData("uploadTimeZone", "Europe/Berlin")] // without a window
    [InlineData("maxRequests", 0)]
    [InlineData("maxRequests", 1001)]
    [InlineData("deletes", "no")]
    public async Task A_wrong_limit_is_refused_with_its_name(string name, object value)
    {
        await using var bucket = await TestBucket.StartAsync();
        var refused = await Assert.ThrowsAsync<ValidationException>(() =>
            Node.Destinations.PutAsync(bucket.Define((name, value)), 0, Token)
        );
        Assert.Equal(name, Assert.Single(refused.Errors).Field);
    }

    [Fact]
    public async Task Requests_are_counted_across_changes_of_the_definition()
    {
        await using var bucket = await TestBucket.StartAsync();
        await Node.Destinations.PutAsync(bucket.Define(), 0, Token);
        await Node.Destinations.TestAsync("offsite", Token);
        var before = Node.Destinations.RequestsOf("offsite")!;
        Assert.True(before is { Puts: > 0, Lists: > 0, Gets: > 0, Deletes: > 0, BytesSent: > 0, BytesReceived: > 0 }, before.ToString());
        await Node.Destinations.PutAsync(bucket.Define(("maxRequests", 4)), null, Token);
        await Node.Destinations.TestAsync("offsite", Token);
        var after = Node.Destinations.RequestsOf("offsite")!;
        Assert.True(after.Puts > before.Puts && after.Lists > before.Lists, $"{before}, then {after}");
        await (await Node.Destinations.OpenAsync("nas", Token)).DisposeAsync();
        Assert.Null(Node.Destinations.RequestsOf("nas"));
    }
}
