using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Resolves and opens local paths from API requests, with the limits of destinations, because a mounted file system may hang. A
/// root that hangs does not block requests for another.
/// </summary>
/// <param name="paths">Opens the paths; null if no path is allowed.</param>
/// <param name="limits">How long a call may take, and how many may hang.</param>
/// <param name="time">The clock.</param>
public sealed class PathResolver(ILocalPaths? paths, DestinationLimits limits, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CallGuard> _calls = new(StringComparer.Ordinal);

    /// <summary>The path with its links resolved, so that none leads out of the roots.</summary>
    /// <param name="path">An absolute path; it, or its last components, need not exist.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if it lies outside; <see
    /// cref="ErrorCatalog.DestinationFailed"/> if that cannot be determined in time.</exception>
    public Task<string> ResolveAsync(string path, CancellationToken cancellationToken)
    {
        var local = GetPaths(path);
        return GetGuard(local, path)
            .RunAsync($"resolving '{path}'", limits.OpenTimeout, _ => Task.FromResult(local.Resolve(path)), cancellationToken);
    }

    /// <summary>Opens a folder, or the folder of a file.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">As for <see cref="ResolveAsync"/>; <see cref="ErrorCatalog.NotFound"/> if the path
    /// does not exist.</exception>
    public Task<OpenedPath> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var local = GetPaths(path);
        return GuardedDestinationOpener.OpenPathAsync(local, GetGuard(local, path), path, local.Resolve, cancellationToken);
    }

    private ILocalPaths GetPaths(string path) =>
        paths
        ?? throw new HoldfastException(
            ErrorCatalog.Usage,
            $"'{path}' is a path, which this node does not allow.",
            "Give the id of a database, or a destination."
        );

    // Decided by the written path, because finding the mount requires accessing it.
    private CallGuard GetGuard(ILocalPaths local, string path)
    {
        var root = local.Roots.FirstOrDefault(r => path.StartsWith(r, StringComparison.Ordinal)) ?? "";
        return _calls.GetOrAdd(root, r => new(r.Length == 0 ? path : r, limits, time));
    }
}
