using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Secrets;

/// <summary>The private keys of tasks that the server keeps, by the task's or template's id.</summary>
/// <param name="secrets">Where they are kept.</param>
public sealed class ArchiveKeys(SecretStore secrets)
{
    private const string Prefix = "archive-keys/";
    private const string PassphrasePrefix = "passphrase: ";

    /// <summary>Keeps the key of a task or template. Those of chains that were made with an earlier one stay.</summary>
    public Task PutAsync(string id, AgeIdentity key, CancellationToken cancellationToken) =>
        secrets.PutAsync($"{Prefix}{id}/{key.Recipient.KeyId}", key.ToSecretKey(), cancellationToken);

    /// <summary>The key that a task or template encrypts to now; null where the server does not keep it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="recipient">The public half.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<AgeIdentity?> FindAsync(string id, string recipient, CancellationToken cancellationToken) =>
        await secrets.FindAsync($"{Prefix}{id}/{AgeRecipient.Parse(recipient).KeyId}", cancellationToken) is { } text
            ? AgeIdentity.Parse(text)
            : null;

    /// <summary>All of them.</summary>
    public async Task<AgeKeys> AllAsync(CancellationToken cancellationToken)
    {
        var keys = AgeKeys.None;
        foreach (var name in await secrets.NamesAsync(Prefix, cancellationToken))
        {
            if (await secrets.FindAsync(Prefix + name, cancellationToken) is { } text)
            {
                keys = keys.Add(AgeIdentity.Parse(text));
            }
        }

        return keys;
    }

    /// <summary>Reads a key that a person gave.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/>; the text is not repeated.</exception>
    public static AgeKeys Parse(string text) =>
        text.StartsWith(PassphrasePrefix, StringComparison.Ordinal)
            ? AgeKeys.None.AddPassphrase(text[PassphrasePrefix.Length..])
            : AgeKeys.None.Add(AgeIdentity.Parse(text.Trim()));
}
