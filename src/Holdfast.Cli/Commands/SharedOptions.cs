using System.CommandLine;
using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Cli.Output;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.RestorePoints;

namespace Holdfast.Cli.Commands;

/// <summary>Options that several verbs have, and what they stand for.</summary>
internal static class SharedOptions
{
    public static readonly Option<OutputFormat> Output = new("--output")
    {
        Description = "text, or json: one document on standard output (docs/cli.md).",
        Recursive = true,
        HelpName = "text|json",
    };

    public static Option<string> Source() =>
        new("--source")
        {
            Description =
                "A directory of SQLite databases, or a PostgreSQL server: "
                + "postgresql://USER@HOST[,HOST2][:PORT]. NAME is the name of the source (default: local).",
            HelpName = "[NAME=]DIR|URL",
        };

    public static Argument<string> Path() =>
        new("PATH")
        {
            Description =
                "An archive, a chain's folder, a database's folder, or the root of a destination. Server mode: a database's "
                + "id, destination:NAME, or an absolute path there.",
        };

    /// <summary>
    /// Whether a place is one of a server: a server is named, or a server is known and the place is none of this
    /// machine.
    /// </summary>
    public static bool IsOnServer(ParseResult parsed, string place)
    {
        if (Client.ServerConnectionOptions.IsServerGiven(parsed))
        {
            return true;
        }
        var isPath =
            System.IO.Path.IsPathRooted(place)
            || place is "." or ".."
            || place.StartsWith("./", StringComparison.Ordinal)
            || place.StartsWith("../", StringComparison.Ordinal)
            || System.IO.Path.Exists(place);
        return !isPath && Client.ServerConnectionOptions.IsServerKnown(parsed);
    }

    /// <summary>Keys as the server takes them.</summary>
    public static IReadOnlyList<string> ToRequest(AgeKeys keys) =>
        [.. keys.Identities.Select(k => k.ToSecretKey()), .. keys.Passphrases.Select(p => $"passphrase: {p}")];

    /// <summary>What lies at the path given.</summary>
    public static async Task<ResolvedLocation> ResolveAsync(string path, CancellationToken cancellationToken) =>
        await ResolvedLocation.ResolveAsync(
            await GuardedDestinationOpener.OpenPathAsync(Drivers.Paths, CreateCallLimiter(path), path, FullPath, cancellationToken),
            cancellationToken
        );

    /// <summary>Runs the calls of a path that is given, with the limits of a server's destinations.</summary>
    public static CallGuard CreateCallLimiter(string path) => new(path, new(), TimeProvider.System);

    private static string FullPath(string path)
    {
        if (path.Length == 0)
        {
            throw new Core.Errors.HoldfastException(
                Core.Errors.ErrorCatalogue.Usage,
                "The path is empty.",
                "Is a variable of the shell not set?"
            );
        }
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        return System.IO.Path.Exists(full)
            ? full
            : throw new Core.Errors.HoldfastException(
                Core.Errors.ErrorCatalogue.NotFound,
                $"'{path}' is not there.",
                "Give an archive, a chain's folder, a database's folder, or the root of a destination. For the id of a "
                    + "server's database, sign in there (holdfast login), or name the server with --server."
            );
    }

    public static Option<bool> AllowMismatch() =>
        new("--allow-mismatch")
        {
            Description =
                "Continue if an archive does not match its folder and file name: another database, kind, "
                + "chain or time. Default: refuse it; an archive given by its own path only causes a warning.",
        };

    /// <summary>
    /// Refuses a point that does not fit where it lies; warns where that was allowed, or the archive was given by its
    /// own path.
    /// </summary>
    public static async Task CheckLayoutAsync(
        ResolvedLocation stored,
        RestorePoint found,
        ChainReader reader,
        AgeKeys keys,
        bool allowed,
        CommandConsole console,
        CancellationToken cancellationToken
    )
    {
        foreach (var mismatch in await LayoutValidator.ValidateAsync(stored, found, reader, keys, cancellationToken))
        {
            if (!allowed && stored.Archive is null)
            {
                throw mismatch;
            }
            console.WriteNote(mismatch.Message);
        }
    }

    /// <summary>
    /// What is to be said of a chain whose newest archive is not the newest that was written, as an index without its
    /// archive shows.
    /// </summary>
    public static IEnumerable<string> FindMissingArchiveNotes(ResolvedLocation stored, StoredChain chain) =>
        chain.OrphanedIndexes.Select(index =>
            $"'{stored.Destination.NameOf(index)}' is there without its archive: a newer archive than "
            + "the last one here is gone, or a backup was killed just before it was complete. Look at other destinations."
        );

    /// <summary>The console for a command's output format.</summary>
    public static CommandConsole Console(ParseResult parsed) => new(parsed.GetValue(Output) == OutputFormat.Json);

    /// <summary>A number of things that were asked for.</summary>
    public static int RequirePositive(int value, string option) =>
        value > 0
            ? value
            : throw new Core.Errors.HoldfastException(
                Core.Errors.ErrorCatalogue.Usage,
                $"{option} {value} is less than 1.",
                "Give 1 or more."
            );

    /// <summary>Refuses options that make no sense with what else was asked for.</summary>
    public static void RejectOptions(ParseResult parsed, string where, params ReadOnlySpan<Option> options)
    {
        foreach (var option in options)
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                throw new Core.Errors.HoldfastException(
                    Core.Errors.ErrorCatalogue.Usage,
                    $"{option.Name} has no meaning {where}.",
                    "Leave it out; holdfast VERB --help tells which option is for what."
                );
            }
        }
    }
}
