using Holdfast.Core.Errors;
using Holdfast.Destinations.Local;

namespace Holdfast.Destinations.Limits;

/// <summary>
/// Opens folders of this machine that are named by their path, behind limits: a mount that has frozen and a pipe that
/// nobody writes to hold nobody up.
/// </summary>
public static class GuardedDestinationOpener
{
    /// <summary>Opens a folder.</summary>
    /// <param name="calls">Runs its calls.</param>
    /// <param name="root">Its path.</param>
    /// <param name="create">Whether it is made where it is missing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">It cannot be opened, or does not answer.</exception>
    public static async Task<IDestination> OpenFolderAsync(
        CallGuard calls,
        string root,
        bool create,
        CancellationToken cancellationToken
    ) => new GuardedDestination(await OpenAsync(calls, root, () => LocalDestination.Open(root, create), cancellationToken), calls);

    /// <summary>Opens a folder, or the folder that a file lies in; neither is made.</summary>
    /// <param name="calls">Runs its calls.</param>
    /// <param name="path">The path of either.</param>
    /// <param name="check">Checks the path and gives the one that is opened; may block.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The folder as a destination, its name, and that of the file; null for a folder.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotFound"/> where nothing is there; it cannot be opened, or does not answer.
    /// </exception>
    public static async Task<(IDestination Destination, string Folder, string? File)> OpenPathAsync(
        CallGuard calls,
        string path,
        Func<string, string> check,
        CancellationToken cancellationToken
    )
    {
        var (opened, folder, file) = await OpenAsync(calls, path, () => Open(check(path)), cancellationToken);
        return (new GuardedDestination(opened, calls), folder, file);
    }

    private static (LocalDestination Destination, string Folder, string? File) Open(string full)
    {
        if (Directory.Exists(full))
        {
            return (LocalDestination.Open(full, create: false), Path.GetFileName(full), null);
        }
        if (!File.Exists(full))
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"'{full}' is not there.",
                "Give an archive, a chain's folder, a database's folder, or the root of a destination."
            );
        }

        var folder = Path.GetDirectoryName(full)!;
        return (LocalDestination.Open(folder, create: false), Path.GetFileName(folder), Path.GetFileName(full));
    }

    private static Task<T> OpenAsync<T>(CallGuard calls, string path, Func<T> open, CancellationToken cancellationToken) =>
        calls.RunAsync($"opening '{path}'", calls.Limits.OpenTimeout, _ => Task.FromResult(open()), cancellationToken);
}
