using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Node.Secrets;

/// <summary>Keeps short secrets in the state store, each an age file to the keys of all nodes. None is held in memory longer than it is used.</summary>
/// <param name="store">The store.</param>
/// <param name="key">This node's key.</param>
/// <param name="recipients">The public keys of all nodes, this one's among them.</param>
public sealed class SecretStore(IStateStore store, AgeIdentity key, Func<IReadOnlyList<AgeRecipient>> recipients)
{
    private const string Prefix = "secrets/";

    /// <summary>Stores a secret under a name, in place of the one before.</summary>
    public async Task PutAsync(string name, string secret, CancellationToken cancellationToken)
    {
        var file = await AgeText.SealAsync(secret, AgeProtection.ToRecipients(recipients()), cancellationToken);
        await store.CommitAsync(new() { Changes = [new(Prefix + name, file)] }, cancellationToken);
    }

    /// <summary>Reads a secret; null where there is none.</summary>
    /// <exception cref="HoldfastException">This node's key does not open it.</exception>
    public async Task<string?> FindAsync(string name, CancellationToken cancellationToken) =>
        await store.GetAsync(Prefix + name, cancellationToken) is { } entry
            ? await AgeText.OpenAsync($"secret '{name}'", entry.Value, AgeKeys.None.Add(key), cancellationToken)
            : null;

    /// <summary>Removes a secret. No error where there is none.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => store.CommitAsync(new() { Changes = [new(Prefix + name, null)] }, cancellationToken);

    /// <summary>The names that begin with <paramref name="beginning"/>, in ordinal order, without it.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string beginning, CancellationToken cancellationToken) =>
        [.. (await store.RangeAsync(Prefix + beginning, cancellationToken)).Entries.Select(e => e.Key[(Prefix.Length + beginning.Length)..])];
}
