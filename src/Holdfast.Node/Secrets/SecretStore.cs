using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Node.Secrets;

/// <summary>
/// Stores short secrets in the state store, each as an age file encrypted to the keys of all nodes. No secret stays in memory
/// longer than it is used.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="key">This node's key.</param>
/// <param name="recipients">The public keys of all nodes, including this one.</param>
public sealed class SecretStore(IStateStore store, AgeIdentity key, IReadOnlyList<AgeRecipient> recipients)
{
    private const string Prefix = "secrets/";

    /// <summary>Stores a secret under a name, replacing the previous one.</summary>
    public async Task PutAsync(string name, string secret, CancellationToken cancellationToken)
    {
        var change = await ChangeAsync(name, secret, cancellationToken);
        await store.CommitAsync(new() { Changes = [change] }, cancellationToken);
    }

    /// <summary>The change that stores a secret, for a transaction with others: see <see cref="CommitAsync"/>.</summary>
    public async Task<StateChange> ChangeAsync(string name, string secret, CancellationToken cancellationToken) =>
        new(Prefix + name, await AgeText.SealAsync(secret, AgeProtection.ToRecipients(recipients), cancellationToken));

    /// <summary>The change that removes a secret, for a transaction with others.</summary>
    public static StateChange Removal(string name) => new(Prefix + name, null);

    /// <summary>Commits changes of secrets together with related changes, all or none.</summary>
    public Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken) =>
        store.CommitAsync(transaction, cancellationToken);

    /// <summary>Reads a secret; null if it does not exist.</summary>
    /// <exception cref="HoldfastException">This node's key does not open the secret.</exception>
    public async Task<string?> FindAsync(string name, CancellationToken cancellationToken) =>
        await store.GetAsync(Prefix + name, cancellationToken) is { } entry
            ? await AgeText.OpenAsync($"secret '{name}'", entry.Value, AgeKeys.None.Add(key), cancellationToken)
            : null;

    /// <summary>Removes a secret. Does nothing if it does not exist.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        store.CommitAsync(new() { Changes = [Removal(name)] }, cancellationToken);

    /// <summary>The names that start with <paramref name="beginning"/>, in ordinal order, without that prefix.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string beginning, CancellationToken cancellationToken) =>
        [
            .. (await store.RangeAsync(Prefix + beginning, cancellationToken)).Entries.Select(e =>
                e.Key[(Prefix.Length + beginning.Length)..]
            ),
        ];
}
