using System.Text.Json;
using Holdfast.Api.Destinations;
using Holdfast.Node;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Uploads;

namespace Holdfast.Server.Endpoints.Destinations;

/// <summary>Reads what this node knows about the use of destinations.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="availability">Whether uploads may start.</param>
/// <param name="unfinished">What is left of killed uploads.</param>
/// <param name="lifecycle">Creates lifecycle rules.</param>
/// <param name="settings">Tag of the node.</param>
internal sealed class DestinationStatusReader(
    DestinationRegistry destinations,
    DestinationAvailability availability,
    UnfinishedUploadCleaner unfinished,
    LifecycleRule lifecycle,
    NodeSettings settings
)
{
    /// <summary>The status of a destination; null if there is none of this name.</summary>
    public DestinationStatusView? Find(string name)
    {
        if (destinations.Find(name)?.Value is not { } config)
        {
            return null;
        }
        var deletes = destinations.PolicyOf(name).Deletes;
        return new()
        {
            Node = settings.Tag,
            Deletes = deletes,
            LifecycleRule = deletes ? null : lifecycle.Find(name, PrefixOf(config)),
            WaitingUntil = availability.FindWait(name)?.Until,
            Requests = destinations.RequestsOf(name) is { } r
                ? new(r.Puts, r.Lists, r.Gets, r.Deletes, r.BytesSent, r.BytesReceived)
                : null,
            UnfinishedUploads = unfinished.Find(name) is { } left ? new(left.At, left.Count, left.Removed, left.Problem) : null,
        };
    }

    private static string PrefixOf(DestinationConfig config) =>
        config.Settings?.TryGetValue("prefix", out var prefix) == true && prefix.ValueKind == JsonValueKind.String
            ? prefix.GetString()!.Trim('/')
            : "";
}
