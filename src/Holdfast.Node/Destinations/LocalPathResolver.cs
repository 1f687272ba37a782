using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Paths of this machine that somebody gives over the API: only under the allowed roots, and with the limits of
/// destinations, for what is mounted there may
/// stand still. One root that does holds up nobody who asks for another.
/// </summary>
/// <param name="roots">Where they may lie.</param>
/// <param name="limits">How long a call may take, and how many may hang.</param>
/// <param name="time">The clock.</param>
public sealed class LocalPathResolver(AllowedRoots roots, DestinationLimits limits, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CallGuard> _calls = new(StringComparer.Ordinal);

    /// <summary>The path, made plain: links are followed, so that none leads out of the roots.</summary>
    /// <param name="path">An absolute path; it, or a part of it at its end, need not exist.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Usage"/> when it lies elsewhere; <see cref="ErrorCatalogue.DestinationFailed"/> when
    /// that cannot be found out in time.
    /// </exception>
    public Task<string> ResolveAsync(string path, CancellationToken cancellationToken) =>
        CallsOf(path)
            .RunAsync($"resolving '{path}'", limits.OpenTimeout, _ => Task.FromResult(roots.ResolveAllowed(path)), cancellationToken);

    /// <summary>Opens a folder, or the folder that a file lies in.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The folder as a destination, its name, and that of the file; null for a folder.</returns>
    /// <exception cref="HoldfastException">
    /// As <see cref="ResolveAsync"/>; <see cref="ErrorCatalogue.NotFound"/> where nothing is there.
    /// </exception>
    public Task<(IDestination Destination, string Folder, string? File)> OpenAsync(string path, CancellationToken cancellationToken) =>
        GuardedDestinationOpener.OpenPathAsync(CallsOf(path), path, roots.ResolveAllowed, cancellationToken);

    // By how the path is written: what is mounted can only be found out by looking.
    private CallGuard CallsOf(string path)
    {
        var root = roots.Roots.FirstOrDefault(r => path.StartsWith(r, StringComparison.Ordinal)) ?? "";
        return _calls.GetOrAdd(root, r => new(r.Length == 0 ? path : r, limits, time));
    }
}
