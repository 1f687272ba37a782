using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Node.Destinations;
using Holdfast.Node.Operations;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>
/// Rebuilds the catalog from a destination in the background, after the data folder was lost. Not an operation, because those belong to
/// one database each.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="destinations">The destinations.</param>
/// <param name="keys">The keys that the server stores.</param>
/// <param name="settings">The node's own key.</param>
/// <param name="supervisor">Runs the work in the background.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs the results.</param>
public sealed partial class CatalogRebuildService(
    ICatalog catalog,
    DestinationRegistry destinations,
    RestoreKeys keys,
    NodeSettings settings,
    Supervisor supervisor,
    TimeProvider time,
    ILogger<CatalogRebuildService> logger
)
{
    private readonly ConcurrentDictionary<string, CatalogRebuildState> _states = new(StringComparer.Ordinal);

    // Guards the decision that none is running at a destination.
    private readonly Lock _starting = new();

    /// <summary>The state of the last rebuilding from a destination since the node was started; null if there was none.</summary>
    public CatalogRebuildState? Find(string destination) => _states.GetValueOrDefault(destination);

    /// <summary>Starts to rebuild the catalog from a destination.</summary>
    /// <param name="destination">Its name.</param>
    /// <param name="given">Keys that may open archives, in addition to those that the server stores. Never stored.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/> if there is no such destination; <see cref="ErrorCatalog.NotAllowed"/> if it is running.
    /// </exception>
    public CatalogRebuildState Start(string destination, IReadOnlyList<string> given)
    {
        if (destinations.Find(destination) is null)
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Destination '{destination}' is not defined.",
                "List destinations with: GET /api/v1/destinations"
            );
        }
        var state = new CatalogRebuildState { Started = time.GetUtcNow() };
        lock (_starting)
        {
            if (Find(destination) is { Ended: null })
            {
                throw new HoldfastException(
                    ErrorCatalog.NotAllowed,
                    $"The catalog is being rebuilt from '{destination}'.",
                    "Wait until that has ended."
                );
            }
            _states[destination] = state;
        }
        _ = supervisor.RunOnce($"rebuilding the catalog from {destination}", token => RunAsync(destination, state, given, token));
        return state;
    }

    private async Task RunAsync(string name, CatalogRebuildState state, IReadOnlyList<string> given, CancellationToken cancellationToken)
    {
        try
        {
            await using var opened = await destinations.OpenAsync(name, cancellationToken);
            var all = (await keys.AllAsync($"destination:{name}", given, cancellationToken)).Add(settings.Key);
            var rebuilder = new CatalogRebuilder(catalog, new(name, opened.Identity), opened, all, time);
            await rebuilder.RunAsync(state, s => _states[name] = state = s, cancellationToken);
            _states[name] = state with { Ended = time.GetUtcNow() };
            LogRebuilt(name, state.Databases, state.Archives, state.Identified, state.ProblemCount);
        }
        catch (Exception e)
        {
            var failure = UnexpectedFailure.Wrap($"Rebuilding the catalog from '{name}'", e);
            _states[name] = state with { Ended = time.GetUtcNow(), Error = failure };
            LogFailed(name, failure.Message);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    [LoggerMessage(
        EventId = 5151,
        Level = LogLevel.Information,
        Message = "Rebuilt the catalog from {Destination}: {Databases} databases, {Archives} archives, {Identified} of them with ids, "
            + "{Problems} problems"
    )]
    private partial void LogRebuilt(string destination, int databases, int archives, int identified, int problems);

    [LoggerMessage(EventId = 5152, Level = LogLevel.Error, Message = "The catalog cannot be rebuilt from {Destination}: {Reason}")]
    private partial void LogFailed(string destination, string reason);
}
