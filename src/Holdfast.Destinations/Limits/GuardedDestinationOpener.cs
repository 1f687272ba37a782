using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Limits;

/// <summary>Opens paths of this machine with time limits: a frozen mount or a pipe without a writer does not block the caller.</summary>
public static class GuardedDestinationOpener
{
    /// <summary>Opens a folder.</summary>
    /// <param name="paths">Opens the path.</param>
    /// <param name="calls">Runs its calls.</param>
    /// <param name="path">Its path.</param>
    /// <param name="create">Whether to create it if it is missing.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">It cannot be opened, or does not respond.</exception>
    public static async Task<IDestination> OpenFolderAsync(
        ILocalPaths paths,
        CallGuard calls,
        string path,
        bool create,
        CancellationToken cancellationToken
    ) => new GuardedDestination(await OpenAsync(calls, path, () => paths.OpenFolder(path, create), cancellationToken), calls);

    /// <summary>Opens a folder, or the folder that contains a file. Creates nothing.</summary>
    /// <param name="paths">Opens the path.</param>
    /// <param name="calls">Runs its calls.</param>
    /// <param name="path">The path of the folder or file.</param>
    /// <param name="check">Checks the path and returns the one to open; may block.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/> if it does not exist; it cannot be opened, or does not respond.
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
