using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Paths of this machine that are given over the API, with the limits of destinations: what is mounted there may hang.
/// A root that hangs does not block requests for another.
/// </summary>
/// <param name="paths">Opens them; null where no path may be given.</param>
/// <param name="limits">How long a call may take, and how many may hang.</param>
/// <param name="time">The clock.</param>
public sealed class PathResolver(ILocalPaths? paths, DestinationLimits limits, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CallGuard> _calls = new(StringComparer.Ordinal);

    /// <summary>The path with its links followed, so that none leads out of the roots.</summary>
    /// <param name="path">An absolute path; it, or a part of it at its end, need not exist.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Usage"/> when it lies elsewhere; <see cref="ErrorCatalogue.DestinationFailed"/> when
    /// that cannot be found out in time.
    /// </exception>
    public Task<string> ResolveAsync(string path, CancellationToken cancellationToken)
    {
        var local = GetPaths(path);
        return GetGuard(local, path)
            .RunAsync($"resolving '{path}'", limits.OpenTimeout, _ => Task.FromResult(local.Resolve(path)), cancellationToken);
    }

    /// <summary>Opens a folder, or the folder that a file lies in.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">
    /// As <see cref="ResolveAsync"/>; <see cref="ErrorCatalogue.NotFound"/> where nothing is there.
    /// </exception>
    public Task<OpenedPath> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var local = GetPaths(path);
        return GuardedDestinationOpener.OpenPathAsync(local, GetGuard(local, path), path, local.Resolve, cancellationToken);
    }

    private ILocalPaths GetPaths(string path) =>
        paths
        ?? throw new HoldfastException(
            ErrorCatalogue.Usage,
            $"'{path}' is a path, and this node opens none.",
            "Give the id of a database, or a destination."
        );

    // By how the path is written: what is mounted can only be found out by looking.
    private CallGuard GetGuard(ILocalPaths local, string path)
    {
        var root = local.Roots.FirstOrDefault(r => path.StartsWith(r, StringComparison.Ordinal)) ?? "";
        return _calls.GetOrAdd(root, r => new(r.Length == 0 ? path : r, limits, time));
    }
}
