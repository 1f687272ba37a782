using System.CommandLine;
using Holdfast.Cli.Commands;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;
using Holdfast.Destinations.Urls;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Cli.Locations;

/// <summary>
/// Opens what a verb without a server reads from or writes to: a path of this machine, or a URL of a destination, with settings from the
/// environment or a file.
/// </summary>
internal static class LocationOptions
{
    /// <summary>The file with the settings of a URL.</summary>
    public static Option<string> SettingsFile { get; } =
        new("--destination-settings")
        {
            Description =
                "With a URL: a JSON file of mode 0600 with the settings of the destination, as for holdfast destination put -f. "
                + "Default: the environment variables of the kind (docs/destinations.md).",
            HelpName = "FILE",
        };

    /// <summary>Examples of URLs, for help texts.</summary>
    public static string UrlExamples { get; } = string.Join(" or ", DestinationUrls.All.Select(f => f.Urls!.Example));

    /// <summary>Opens the root folder of a destination to back up to; created if missing.</summary>
    public static async Task<IDestination> OpenRootAsync(ParseResult parsed, string location, CancellationToken cancellationToken)
    {
        var calls = CreateCallLimiter(location);
        if (!DestinationUrls.IsUrl(location))
        {
            SharedOptions.RejectOptions(parsed, "with a folder", SettingsFile);
            return await GuardedDestinationOpener.OpenFolderAsync(Drivers.Paths, calls, location, create: true, cancellationToken);
        }
        var root = DestinationUrls.BindRoot(location, parsed.GetValue(SettingsFile));
        var opened = await calls.RunAsync(
            $"opening '{root.Name}'",
            calls.Limits.OpenTimeout,
            token => OpenOrInitializeAsync(root, token),
            cancellationToken
        );
        return new GuardedDestination(opened, calls);
    }

    /// <summary>Resolves a path or URL to a backup location.</summary>
    public static async Task<ResolvedLocation> ResolveAsync(ParseResult parsed, string location, CancellationToken cancellationToken) =>
        await ResolvedLocation.ResolveAsync(await OpenAsync(parsed, location, cancellationToken), cancellationToken);

    /// <summary>Opens a path or URL, whether it contains backups or not.</summary>
    public static async Task<OpenedPath> OpenAsync(ParseResult parsed, string location, CancellationToken cancellationToken)
    {
        var calls = CreateCallLimiter(location);
        if (!DestinationUrls.IsUrl(location))
        {
            SharedOptions.RejectOptions(parsed, "with a path", SettingsFile);
            return await GuardedDestinationOpener.OpenPathAsync(Drivers.Paths, calls, location, FullPath, cancellationToken);
        }
        var (root, path) = DestinationUrls.BindOutermost(location, parsed.GetValue(SettingsFile));
        var opened = await calls.RunAsync(
            $"opening '{location}'",
            calls.Limits.OpenTimeout,
            async token =>
            {
                var resolved = await root.ResolveAsync(token);
                return await UrlPath.OpenAsync(await resolved.OpenAsync(null, token), path, token);
            },
            cancellationToken
        );
        return opened with { Destination = new GuardedDestination(opened.Destination, calls) };
    }

    // As for a folder: one that is created gets an identity, an existing one stays as it is.
    private static async Task<IDestination> OpenOrInitializeAsync(IDestinationRoot root, CancellationToken cancellationToken)
    {
        root = await root.ResolveAsync(cancellationToken);
        var destination = await root.OpenAsync(null, cancellationToken);
        try
        {
            if (!await destination.ListAsync("", cancellationToken).AnyAsync(cancellationToken))
            {
                await root.InitializeAsync(cancellationToken);
            }
            return destination;
        }
        catch
        {
            await destination.DisposeAsync();
            throw;
        }
    }

    // A guard with the time limits of a destination of a server.
    private static CallGuard CreateCallLimiter(string location) => new(location, new(), TimeProvider.System);

    private static string FullPath(string path)
    {
        if (path.Length == 0)
        {
            throw new HoldfastException(ErrorCatalog.Usage, "The path is empty.", "Check whether a shell variable is not set.");
        }
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Path.Exists(full)
            ? full
            : throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"'{path}' does not exist.",
                "Give an archive, a chain's folder, a database's folder, or the root of a destination. To use the id of a "
                    + "database on a server, sign in (holdfast login) or give --server."
            );
    }
}
