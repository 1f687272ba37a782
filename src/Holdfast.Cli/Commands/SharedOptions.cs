using System.CommandLine;
using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Destinations;
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
                "An archive, a chain's folder, a database's folder, or the root of a destination: a path, or a URL such as "
                + $"{LocationOptions.UrlExamples}. Server mode: a database's id, destination:NAME, or an absolute path there.",
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
            DestinationUrls.IsUrl(place)
            || System.IO.Path.IsPathRooted(place)
            || place is "." or ".."
            || place.StartsWith("./", StringComparison.Ordinal)
            || place.StartsWith("../", StringComparison.Ordinal)
            || System.IO.Path.Exists(place);
        return !isPath && Client.ServerConnectionOptions.IsServerKnown(parsed);
    }

    /// <summary>Converts keys to the form that requests use.</summary>
    public static IReadOnlyList<string> ToRequest(AgeKeys keys) =>
        [.. keys.Identities.Select(k => k.ToSecretKey()), .. keys.Passphrases.Select(p => $"passphrase: {p}")];

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
