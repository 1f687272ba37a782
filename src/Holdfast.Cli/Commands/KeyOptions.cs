using System.CommandLine;
using System.Globalization;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands;

/// <summary>The options of a verb that opens archives: its keys, and how much a passphrase may cost.</summary>
internal sealed class KeyOptions
{
    /// <summary>The files.</summary>
    public Option<string[]> Files { get; } =
        new("--key-file")
        {
            Description = "A file with keys (age-keygen's format, Base64, hex, or a line 'passphrase: …'). Repeatable.",
            HelpName = "FILE",
        };

    /// <summary>The highest work factor; for archives that this process opens itself.</summary>
    public Option<int?> MaxWorkFactor { get; } =
        new("--max-work-factor")
        {
            Description =
                "Maximum scrypt work factor of an archive with a passphrase, 1 to 22: each step doubles memory and time, 22 "
                + "takes 4 GiB. Default: 18.",
            HelpName = "N",
        };

    /// <summary>All keys in the files given.</summary>
    /// <exception cref="HoldfastException">A file cannot be read, or the work factor is out of its range.</exception>
    public AgeKeys Read(ParseResult parsed)
    {
        var keys = (parsed.GetValue(Files) ?? []).Aggregate(AgeKeys.None, (keys, file) => keys.Concat(KeyFile.Read(file)));
        if (parsed.GetValue(MaxWorkFactor) is not { } factor)
        {
            return keys;
        }
        return factor is >= 1 and <= AgeKeys.HighestWorkFactor
            ? keys.WithMaxWorkFactor(factor)
            : throw new HoldfastException(
                ErrorCatalogue.Usage,
                string.Create(CultureInfo.InvariantCulture, $"'--max-work-factor {factor}' is not 1 to {AgeKeys.HighestWorkFactor}."),
                "age writes 18, Holdfast 17."
            );
    }
}

/// <summary>Adds options that belong together to a verb.</summary>
internal static class KeyOptionsExtensions
{
    /// <summary>Adds them.</summary>
    public static void Add(this Command command, KeyOptions options)
    {
        command.Add(options.Files);
        command.Add(options.MaxWorkFactor);
    }
}
