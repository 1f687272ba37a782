using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Limits;

/// <summary>
/// Opens paths of this machine behind limits: a mount that has frozen and a pipe that nobody writes to do not block the
/// caller.
/// </summary>
public static class GuardedDestinationOpener
{
    /// <summary>Opens a folder.</summary>
    /// <param name="paths">Opens it.</param>
    /// <param name="calls">Runs its calls.</param>
    /// <param name="path">Its path.</param>
    /// <param name="create">Whether it is created where it is missing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">It cannot be opened, or does not answer.</exception>
    public static async Task<IDestination> OpenFolderAsync(
        ILocalPaths paths,
        CallGuard calls,
        string path,
        bool create,
        CancellationToken cancellationToken
    ) => new GuardedDestination(await OpenAsync(calls, path, () => paths.OpenFolder(path, create), cancellationToken), calls);

    /// <summary>Opens a folder, or the folder that a file lies in; neither is created.</summary>
    /// <param name="paths">Opens it.</param>
    /// <param name="calls">Runs its calls.</param>
    /// <param name="path">The path of either.</param>
    /// <param name="check">Checks the path and gives the one that is opened; may block.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotFound"/> where nothing is there; it cannot be opened, or does not answer.
    /// </exception>
    public static async Task<OpenedPath> OpenPathAsync(
        ILocalPaths paths,
        CallGuard calls,
        string path,
        Func<string, string> check,
        CancellationToken cancellationToken
    )
    {
        var opened = await OpenAsync(calls, path, () => paths.Open(check(path)), cancellationToken);
        return opened with { Destination = new GuardedDestination(opened.Destination, calls) };
    }

    private static Task<T> OpenAsync<T>(CallGuard calls, string path, Func<T> open, CancellationToken cancellationToken) =>
        calls.RunAsync($"opening '{path}'", calls.Limits.OpenTimeout, _ => Task.FromResult(open()), cancellationToken);
}
