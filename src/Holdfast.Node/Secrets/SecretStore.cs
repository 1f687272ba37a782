using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Node.Secrets;

/// <summary>
/// Keeps short secrets in the state store, each an age file to the keys of all nodes. None is held in memory longer
/// than it is used.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="key">This node's key.</param>
/// <param name="recipients">The public keys of all nodes, this one's among them.</param>
public sealed class SecretStore(IStateStore store, AgeIdentity key, IReadOnlyList<AgeRecipient> recipients)
{
    private const string Prefix = "secrets/";

    /// <summary>Stores a secret under a name, in place of the one before.</summary>
    public async Task PutAsync(string name, string secret, CancellationToken cancellationToken)
    {
        var change = await ChangeAsync(name, secret, cancellationToken);
        await store.CommitAsync(new() { Changes = [change] }, cancellationToken);
    }

    /// <summary>The change that stores a secret, for a transaction with others: <see cref="CommitAsync"/>.</summary>
    public async Task<StateChange> ChangeAsync(string name, string secret, CancellationToken cancellationToken) =>
        new(Prefix + name, await AgeText.SealAsync(secret, AgeProtection.ToRecipients(recipients), cancellationToken));

    /// <summary>The change that removes a secret, likewise.</summary>
    public static StateChange Removal(string name) => new(Prefix + name, null);

    /// <summary>Makes changes of secrets and of what belongs to them, all or none.</summary>
    public Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken) =>
        store.CommitAsync(transaction, cancellationToken);

    /// <summary>Reads a secret; null where there is none.</summary>
    /// <exception cref="HoldfastException">This node's key does not open it.</exception>
    public async Task<string?> FindAsync(string name, CancellationToken cancellationToken) =>
        await store.GetAsync(Prefix + name, cancellationToken) is { } entry
            ? await AgeText.OpenAsync($"secret '{name}'", entry.Value, AgeKeys.None.Add(key), cancellationToken)
            : null;

    /// <summary>Removes a secret. No error where there is none.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        store.CommitAsync(new() { Changes = [Removal(name)] }, cancellationToken);

    /// <summary>The names that begin with <paramref name="beginning"/>, in ordinal order, without it.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string beginning, CancellationToken cancellationToken) =>
        [
            .. (await store.RangeAsync(Prefix + beginning, cancellationToken)).Entries.Select(e =>
                e.Key[(Prefix.Length + beginning.Length)..]
            ),
        ];
}
