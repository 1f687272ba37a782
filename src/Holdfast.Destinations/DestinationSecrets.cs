using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>The secrets of a destination. They are read when a connection is made, and never kept longer.</summary>
/// <param name="names">The settings that are secrets and have a value.</param>
/// <param name="find">Reads one; null if it does not exist.</param>
public sealed class DestinationSecrets(IReadOnlySet<string> names, Func<string, CancellationToken, Task<string?>> find)
{
    /// <summary>No secrets.</summary>
    public static DestinationSecrets None { get; } = new(new HashSet<string>(), (_, _) => Task.FromResult<string?>(null));

    /// <summary>Secrets that are known already, as when the command gets them from its environment.</summary>
    public static DestinationSecrets From(IReadOnlyDictionary<string, string> values) =>
        new(values.Keys.ToHashSet(StringComparer.Ordinal), (name, _) => Task.FromResult(values.GetValueOrDefault(name)));

    /// <summary>Whether a secret has a value.</summary>
    public bool Has(string name) => names.Contains(name);

    /// <summary>Reads a secret; null if it has no value.</summary>
    /// <exception cref="HoldfastException">It cannot be read, or was given for another address.</exception>
    public Task<string?> FindAsync(string name, CancellationToken cancellationToken) => find(name, cancellationToken);
}
