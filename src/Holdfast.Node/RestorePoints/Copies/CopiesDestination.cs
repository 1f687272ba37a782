using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints.Copies;

/// <summary>
/// A chain that several destinations have, with the same paths: each file is read from the first one that can be read, and reading goes on
/// from the next when one fails in the middle. Two files are copies of each other if they have the same name and length; the hashes in the
/// archive tell whether that is true. Only for reading; does not own the destinations.
/// </summary>
/// <param name="locations">The destinations, the best first.</param>
/// <param name="copies">What is known of them.</param>
internal sealed class CopiesDestination(IReadOnlyList<RestorePointLocation> locations, ChainCopies copies)
    : DelegatingDestination(locations[0].Resolved.Destination)
{
    /// <summary>What is known of the copies.</summary>
    public ChainCopies Copies => copies;

    /// <inheritdoc/>
    public override async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var (opened, problem) = await TryOpenAsync(path, cancellationToken);
        return opened is { } first
            ? new CopiesSource(this, path, first.Location, first.Source)
            : throw problem
                ?? copies.Failures.LastOrDefault(f => f.Path is null || f.Path == path)?.Problem
                ?? new HoldfastException(ErrorCatalog.NotFound, $"'{this.NameOf(path)}' does not exist.", "It may have been deleted.");
    }

    /// <summary>Whether there is another copy that has not failed.</summary>
    public bool HasRemaining(string path) => Remaining(path).Any();

    /// <summary>Opens the first copy that has not failed.</summary>
    /// <returns>The copy; or null, and why the last one could not be opened.</returns>
    public async Task<((RestorePointLocation Location, IByteSource Source)? Opened, HoldfastException? Problem)> TryOpenAsync(
        string path,
        CancellationToken cancellationToken
    )
    {
        HoldfastException? problem = null;
        foreach (var location in Remaining(path))
        {
            try
            {
                var source = await location.Resolved.Destination.OpenAsync(path, cancellationToken);
                copies.AddUse(location);
                return ((location, source), null);
            }
            catch (HoldfastException e) when (RestorePointOpener.IsCopyFailure(e) && !cancellationToken.IsCancellationRequested)
            {
                problem = e;
                copies.AddFailure(location, path, e);
            }
        }
        return (null, problem);
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

    private IEnumerable<RestorePointLocation> Remaining(string path)
    {
        var length = LengthAt(locations[0], path);
        return copies.FindRemaining(locations, path).Where(l => LengthAt(l, path) == length);
    }

    private static long? LengthAt(RestorePointLocation location, string path) =>
        location.Point.Chain.Archives.FirstOrDefault(a => a.Path == path)?.Length;
}
