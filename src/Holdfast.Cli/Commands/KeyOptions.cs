using System.CommandLine;
using System.Globalization;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands;

/// <summary>The options of a verb that opens archives: keys, and a limit for the cost of a passphrase.</summary>
internal sealed class KeyOptions
{
    /// <summary>Files with keys.</summary>
    public Option<string[]> Files { get; } =
        new("--key-file")
        {
            Description = "A file with keys (age-keygen's format, Base64, hex, or a line 'passphrase: …'). Repeatable.",
            HelpName = "FILE",
        };

    /// <summary>Maximum work factor of passphrases, 1 to 22; applies to archives that this process opens itself.</summary>
    public Option<int?> MaxWorkFactor { get; } =
        new("--max-work-factor")
        {
            Description =
                "Maximum scrypt work factor of an archive with a passphrase, 1 to 22: each step doubles memory and time, 22 "
                + "takes 4 GiB. Default: 18.",
            HelpName = "N",
        };

    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All => [Files, MaxWorkFactor];

    /// <summary>Reads all keys of the given files.</summary>
    /// <exception cref="HoldfastException">A file cannot be read, or the work factor is out of range.</exception>
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
                ErrorCatalog.Usage,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'--max-work-factor {factor}' is not between 1 and {AgeKeys.HighestWorkFactor}."
                ),
                "age uses 18, Holdfast 17."
            );
    }
}
