using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Operations;
using Holdfast.Node.RestorePoints;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>Rebuilds the catalog from a destination as an operation.</summary>
/// <param name="catalog">The catalog.</param>
/// <param name="destinations">Opens the destination.</param>
/// <param name="keys">The keys that the server stores.</param>
/// <param name="settings">The node's own key, which opens indexes.</param>
/// <param name="locks">Keeps chains from being deleted while they are recorded.</param>
/// <param name="time">The clock.</param>
public sealed class CatalogRebuildOperation(
    ICatalog catalog,
    DestinationRegistry destinations,
    RestoreKeys keys,
    NodeSettings settings,
    ChainLocks locks,
    TimeProvider time
)
{
    /// <summary>Runs it and records its result.</summary>
    public Task RunAsync(CatalogRebuildJob job, RunningOperation operation) =>
        OperationRunner.RunAsync(
            operation,
            token => RebuildAsync(job, operation, token),
            $"rebuilding of the catalog from '{job.Destination}'",
            "What was recorded stays. Start it again for the rest."
        );

    private async Task<(OperationResult, HoldfastException?)> RebuildAsync(
        CatalogRebuildJob job,
        RunningOperation operation,
        CancellationToken cancellationToken
    )
    {
        var meter = new CatalogRebuildMeter();
        operation.MarkStarted(() => ("reading", new() { Items = meter.Result.Archives }), () => meter.Activity);
        await using var opened = await destinations.OpenAsync(job.Destination, cancellationToken);
        var all = (await keys.AllAsync($"destination:{job.Destination}", job.Keys, cancellationToken)).Add(settings.Key);
        var rebuilder = new CatalogRebuilder(catalog, new(job.Destination, opened.Identity), opened, all, locks, time);
        try
        {
            await rebuilder.RunAsync(meter, operation, cancellationToken);
        }
        finally
        {
            foreach (var problem in meter.Problems)
            {
                operation.Write($"problem: {problem}");
            }
        }
        var result = meter.Result;
        return (
            new()
            {
                Catalog = result,
                Warnings =
                [
                    .. meter.Problems,
                    .. result.Problems > meter.Problems.Count
                        ? [$"{result.Problems - meter.Problems.Count} more folders and archives have problems."]
                        : (string[])[],
                ],
                Destinations = new Dictionary<string, string?> { [job.Destination] = null },
            },
            null
        );
    }
}
