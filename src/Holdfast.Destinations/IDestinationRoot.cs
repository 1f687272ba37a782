using Holdfast.Core.Errors;
using Holdfast.Destinations.Limits;

namespace Holdfast.Destinations;

/// <summary>
/// The root of a destination according to its definition. Only <see cref="InitializeAsync"/> creates anything. All methods except
/// <see cref="Contains"/> and <see cref="FindRelativePath"/> may block.
/// </summary>
public interface IDestinationRoot
{
    /// <summary>Display name: a path or a URL. Contains no secrets.</summary>
    string Name { get; }

    /// <summary>The setting for its location; errors of the location are reported under this key.</summary>
    string LocationKey { get; }

    /// <summary>
    /// What its secrets are given for, such as an endpoint and a bucket: they are sent to no other. Null for a kind without secrets.
    /// </summary>
    string? SecretAddress => null;

    /// <summary>What the result of a test is valid for: the location, and settings that change what the store can do.</summary>
    string ProbedAs => $"{SecretAddress} {Name}";

    /// <summary>How it may be used. Default: without limits.</summary>
    DestinationPolicy Policy => DestinationPolicy.Default;

    /// <summary>The roots that enclose it, innermost first. If one of them has an identity, this root is inside that destination.</summary>
    IReadOnlyList<IDestinationRoot> Enclosing => [];

    /// <summary>Returns the same root with its location resolved, following links, and checks that this node may use it.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if the node may not use it.</exception>
    Task<IDestinationRoot> ResolveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Creates the root if only its parent exists, and gives it an identity. An existing identity is adopted; a damaged one is replaced.
    /// </summary>
    /// <returns>The identity.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.DestinationFailed"/>, or <see cref="ErrorCatalog.DestinationIdentity"/> if an existing identity cannot
    /// be read.
    /// </exception>
    Task<string> InitializeAsync(CancellationToken cancellationToken);

    /// <summary>Returns the identity of the root; null if it has none or does not exist.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if it is damaged or cannot be read.</exception>
    Task<string?> FindIdentityAsync(CancellationToken cancellationToken);

    /// <summary>Opens the root.</summary>
    /// <param name="identity">The identity that it must have now and at each use; null to read a root without one.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <param name="capabilities">What a test has found out; null for what the protocol promises.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if it has another identity or none.</exception>
    Task<IDestination> OpenAsync(string? identity, CancellationToken cancellationToken, DestinationCapabilities? capabilities = null);

    /// <summary>Whether another root is this one or inside it, according to their names. Does no I/O.</summary>
    bool Contains(IDestinationRoot other);

    /// <summary>
    /// Returns a path of the node's machine relative to this root; empty for the root itself, null if it is elsewhere. Both are resolved.
    /// Does no I/O.
    /// </summary>
    string? FindRelativePath(string path) => null;
}
