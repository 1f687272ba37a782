namespace Holdfast.Node.Destinations.Uploads;

/// <summary>
/// Whether uploads to destinations may start now. An upload that has started before its window closed goes on; reading, listing and
/// deleting are always possible.
/// </summary>
/// <param name="destinations">The destinations with their upload windows.</param>
/// <param name="settings">Time zone of windows without one.</param>
/// <param name="time">The clock.</param>
public sealed class DestinationAvailability(DestinationRegistry destinations, NodeSettings settings, TimeProvider time)
{
    /// <summary>What a destination waits for; null if uploads may start now, and for an unknown destination.</summary>
    /// <param name="name">Its name.</param>
    public UploadWait? FindWait(string name)
    {
        var policy = destinations.PolicyOf(name);
        return policy.Window is { } window && window.FindOpening(time.GetUtcNow(), Zone(policy.TimeZone)) is { } opening
            ? new(name, window.ToString(), opening)
            : null;
    }

    // A zone that this node does not know was accepted by another one.
    private TimeZoneInfo Zone(string? name) =>
        name is not null && Core.Scheduling.TimeZones.TryFind(name, out var zone) ? zone : settings.Zone;
}
