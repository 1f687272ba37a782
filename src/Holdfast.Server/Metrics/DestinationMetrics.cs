using Holdfast.Destinations.Requests;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Uploads;

namespace Holdfast.Server.Metrics;

/// <summary>Metrics of destinations. All values are read when requested.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="availability">Whether uploads may start.</param>
/// <param name="unfinished">What is left of killed uploads.</param>
internal sealed class DestinationMetrics(
    DestinationRegistry destinations,
    DestinationAvailability availability,
    UnfinishedUploadCleaner unfinished
)
{
    /// <summary>Writes requests, bytes, unfinished uploads and upload windows.</summary>
    public async Task WriteAsync(PrometheusWriter output)
    {
        var all = destinations
            .Items.Select(i =>
                (i.Key, Label: $"destination=\"{PrometheusWriter.Escape(i.Key)}\"", Requests: destinations.RequestsOf(i.Key))
            )
            .ToList();
        var remote = all.Where(d => d.Requests is not null).Select(d => (d.Label, d.Requests!)).ToList();
        await output.WriteAsync(
            "holdfast_destination_requests",
            "Requests to each remote destination since the start.",
            remote.SelectMany(d => Requests(d.Label, d.Item2))
        );
        await output.WriteAsync(
            "holdfast_destination_bytes",
            "Bytes of content sent to and received from each remote destination since the start.",
            remote.SelectMany(d =>
                (IEnumerable<(string, double?)>)
                    [($"{d.Label},direction=\"sent\"", d.Item2.BytesSent), ($"{d.Label},direction=\"received\"", d.Item2.BytesReceived)]
            )
        );
        await output.WriteAsync(
            "holdfast_destination_unfinished_uploads",
            "Uploads that were never completed and are left at each remote destination.",
            all.Select(d => (d.Label, (double?)unfinished.Find(d.Key)?.Count))
        );
        await output.WriteAsync(
            "holdfast_destination_waiting",
            "Whether each destination waits for its upload window.",
            all.Select(d => (d.Label, (double?)(availability.FindWait(d.Key) is null ? 0 : 1)))
        );
    }

    private static IEnumerable<(string, double?)> Requests(string label, RequestCounts counts) =>
        [
            ($"{label},kind=\"put\"", counts.Puts),
            ($"{label},kind=\"list\"", counts.Lists),
            ($"{label},kind=\"get\"", counts.Gets),
            ($"{label},kind=\"delete\"", counts.Deletes),
        ];
}
