using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Secrets;

/// <summary>The private keys of tasks that the server stores, by the id of the task or template.</summary>
/// <param name="secrets">The secret store.</param>
public sealed class ArchiveKeys(SecretStore secrets)
{
    private const string Prefix = "archive-keys/";
    private const string PassphrasePrefix = "passphrase: ";

    /// <summary>Stores the key of a task or template. Earlier keys stay, for chains that were encrypted to them.</summary>
    public Task PutAsync(string id, AgeIdentity key, CancellationToken cancellationToken) =>
        secrets.PutAsync($"{Prefix}{id}/{key.Recipient.KeyId}", key.ToSecretKey(), cancellationToken);

    /// <summary>The current encryption key of a task or template; null if the server does not store it.</summary>
    /// <param name="id">Id of the task or template.</param>
    /// <param name="recipient">The public key.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<AgeIdentity?> FindAsync(string id, string recipient, CancellationToken cancellationToken) =>
        await secrets.FindAsync($"{Prefix}{id}/{AgeRecipient.Parse(recipient).KeyId}", cancellationToken) is { } text
            ? AgeIdentity.Parse(text)
            : null;

    /// <summary>All stored keys.</summary>
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

    /// <summary>Parses a key that a user gave.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/>; the message does not repeat the text.</exception>
    public static AgeKeys Parse(string text) =>
        text.StartsWith(PassphrasePrefix, StringComparison.Ordinal)
            ? AgeKeys.None.AddPassphrase(text[PassphrasePrefix.Length..])
            : AgeKeys.None.Add(AgeIdentity.Parse(text.Trim()));
}
