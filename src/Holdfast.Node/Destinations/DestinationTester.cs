using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;

namespace Holdfast.Node.Destinations;

/// <summary>Tests destinations, and keeps the last result and the free space of each.</summary>
/// <param name="destinations">Opens the destinations.</param>
/// <param name="limits">How long a test may take.</param>
/// <param name="time">The clock.</param>
internal sealed class DestinationTester(DestinationRegistry destinations, DestinationLimits limits, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (DestinationConfig Config, DestinationTest Test)> _tests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DestinationConfig Config, DestinationFreeSpace Room)> _freeSpace = new(
        StringComparer.Ordinal
    );

    /// <summary>The result of the last test; null if the destination has not been tested with its current definition.</summary>
    public DestinationTest? LastTest(DestinationConfig config) =>
        _tests.TryGetValue(config.Name, out var last) && last.Config == config ? last.Test : null;

    /// <summary>The free space at the last check, about once a minute; null if unknown for the current definition.</summary>
    public DestinationFreeSpace? FreeSpaceOf(DestinationConfig config) =>
        _freeSpace.TryGetValue(config.Name, out var last) && last.Config == config ? last.Room : null;

    /// <summary>Tests whether files can be written, listed and removed at a destination.</summary>
    /// <exception cref="HoldfastException">The failure; it is kept for <see cref="LastTest"/>.</exception>
    public async Task<DestinationTest> TestAsync(DestinationConfig config, CancellationToken cancellationToken)
    {
        var (name, longest) = (config.Name, limits.TestTimeout);
        using var late = new CancellationTokenSource(longest, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var probe = await TestAccessAsync(name, stop.Token);
            return Keep(new(time.GetUtcNow(), probe.FreeBytes, null) { Notes = probe.Notes });
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(
                new(
                    ErrorCatalog.DestinationFailed,
                    $"Destination '{name}' did not complete a test within {longest.TotalSeconds:0} s.",
                    "Check its disk, mount and network.",
                    e
                )
            );
        }
        catch (HoldfastException e)
        {
            throw Failed(e);
        }

        HoldfastException Failed(HoldfastException e)
        {
            Keep(new(time.GetUtcNow(), null, OperationError.From(e)));
            return e;
        }

        DestinationTest Keep(DestinationTest test)
        {
            _tests[name] = (config, test);
            if (test.Problem is null)
            {
                RecordFreeSpace(config, test.FreeBytes);
            }
            return test;
        }
    }

    /// <summary>Records the free space of a destination.</summary>
    /// <param name="config">Its definition.</param>
    /// <param name="freeBytes">Free bytes; null if unknown, which changes nothing.</param>
    public void RecordFreeSpace(DestinationConfig config, long? freeBytes)
    {
        if (freeBytes is { } free)
        {
            _freeSpace[config.Name] = (config, new(time.GetUtcNow(), free));
        }
    }

    private async Task<DestinationProbe> TestAccessAsync(string name, CancellationToken cancellationToken)
    {
        await using var destination = await destinations.OpenAsync(name, cancellationToken);
        var probe = await destination.ProbeAsync(destinations.PolicyOf(name).Deletes, cancellationToken);
        await destinations.StoreCapabilitiesAsync(name, probe.Capabilities, cancellationToken);
        return probe;
    }
}
