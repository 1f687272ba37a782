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

/// <summary>Options that several verbs share.</summary>
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
    /// Whether a location is on a server: a server is given, or a server is known and the location is not a path on
    /// this machine.
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

    /// <summary>Converts keys to the form that requests use.</summary>
    public static IReadOnlyList<string> ToRequest(AgeKeys keys) =>
        [.. keys.Identities.Select(k => k.ToSecretKey()), .. keys.Passphrases.Select(p => $"passphrase: {p}")];

    /// <summary>Resolves a path to a backup location.</summary>
    public static async Task<ResolvedLocation> ResolveAsync(string path, CancellationToken cancellationToken) =>
        await ResolvedLocation.ResolveAsync(
            await GuardedDestinationOpener.OpenPathAsync(Drivers.Paths, CreateCallLimiter(path), path, FullPath, cancellationToken),
            cancellationToken
        );

    /// <summary>Creates a guard for the calls to a path, with the time limits of a destination of a server.</summary>
    public static CallGuard CreateCallLimiter(string path) => new(path, new(), TimeProvider.System);

    private static string FullPath(string path)
    {
        if (path.Length == 0)
        {
            throw new Core.Errors.HoldfastException(
                Core.Errors.ErrorCatalog.Usage,
                "The path is empty.",
                "Check whether a shell variable is not set."
            );
        }
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        return System.IO.Path.Exists(full)
            ? full
            : throw new Core.Errors.HoldfastException(
                Core.Errors.ErrorCatalog.NotFound,
                $"'{path}' does not exist.",
                "Give an archive, a chain's folder, a database's folder, or the root of a destination. To use the id of a "
                    + "database on a server, sign in (holdfast login) or give --server."
            );
    }

    public static Option<bool> AllowMismatch() =>
        new("--allow-mismatch")
        {
            Description =
                "Continue if an archive does not match its folder and file name: another database, kind, "
                + "chain or time. Default: reject it; an archive given by its own path only causes a warning.",
        };

    /// <summary>
    /// Rejects a restore point that does not match its location. If that was allowed, or the archive was given by its
    /// own path, writes a note instead.
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

    /// <summary>Notes about a chain whose newest archive is missing: there is an index without its archive.</summary>
    public static IEnumerable<string> FindMissingArchiveNotes(ResolvedLocation stored, StoredChain chain) =>
        chain.OrphanedIndexes.Select(index =>
            $"'{stored.Destination.NameOf(index)}' exists without its archive: a newer archive than "
            + "the last one here was lost, or a backup was killed just before its end. Check other destinations."
        );

    /// <summary>Creates the console for the output format of a command.</summary>
    public static CommandConsole Console(ParseResult parsed) => new(parsed.GetValue(Output) == OutputFormat.Json);

    /// <summary>Checks that the value of an option is at least 1.</summary>
    public static int RequirePositive(int value, string option) =>
        value > 0
            ? value
            : throw new Core.Errors.HoldfastException(
                Core.Errors.ErrorCatalog.Usage,
                $"{option} {value} is less than 1.",
                "Give 1 or more."
            );

    /// <summary>Rejects options that do not apply.</summary>
    public static void RejectOptions(ParseResult parsed, string where, params ReadOnlySpan<Option> options)
    {
        foreach (var option in options)
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                throw new Core.Errors.HoldfastException(
                    Core.Errors.ErrorCatalog.Usage,
                    $"{option.Name} has no meaning {where}.",
                    "Omit it; holdfast VERB --help explains each option."
                );
            }
        }
    }
}
