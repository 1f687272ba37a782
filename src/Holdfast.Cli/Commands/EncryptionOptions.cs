using System.CommandLine;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands;

/// <summary>The options of a verb that writes archives: which keys they are encrypted to.</summary>
internal sealed class EncryptionOptions
{
    private readonly Option<string[]> _recipient = new("--recipient")
    {
        Description = "Encrypt to this public key. Repeatable.",
        HelpName = "age1…",
    };
    private readonly Option<string> _keyFile = new("--key-file")
    {
        Description = "Encrypt to the keys in FILE (holdfast keygen, age-keygen).",
        HelpName = "FILE",
    };

    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All => [_recipient, _keyFile];

    /// <summary>
    /// Reads the public keys to encrypt to, those of the key file included, and the keys of that file, which open indexes
    /// of earlier backups. Without recipients, archives are not encrypted.
    /// </summary>
    /// <exception cref="HoldfastException">A key is not valid, or the key file has only a passphrase.</exception>
    public (IReadOnlyList<AgeRecipient> Recipients, AgeKeys Keys) Read(ParseResult parsed)
    {
        var keys = parsed.GetValue(_keyFile) is { } file ? KeyFile.Read(file) : AgeKeys.None;
        var recipients = (parsed.GetValue(_recipient) ?? [])
            .Select(AgeRecipient.Parse)
            .Concat(keys.Identities.Select(k => k.Recipient))
            .ToList();
        return recipients.Count > 0 || keys.IsEmpty
            ? (recipients, keys)
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{parsed.GetValue(_keyFile)}' contains a passphrase instead of a key.",
                "Archives are encrypted to keys. A passphrase can only open a database that has one (--database-key)."
            );
    }
}
