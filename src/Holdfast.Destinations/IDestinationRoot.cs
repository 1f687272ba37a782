using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>
/// The root of a destination as its definition names it. Only <see cref="InitializeAsync"/> ever creates anything. All
/// methods but <see cref="Contains"/> and <see cref="FindRelativePath"/> may block.
/// </summary>
public interface IDestinationRoot
{
    /// <summary>What people call it: a path or a URL. Never contains a secret.</summary>
    string Name { get; }

    /// <summary>The setting that says where it lies: faults of its location are reported under this key.</summary>
    string LocationKey { get; }

    /// <summary>The roots that enclose it, the innermost first. An identity in one of them means that this root lies in it.</summary>
    IReadOnlyList<IDestinationRoot> Enclosing => [];

    /// <summary>The same root with its location looked up, as links are followed; checks that this node may use it.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> where the node may not use it.</exception>
    Task<IDestinationRoot> ResolveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Creates the root where only what encloses it exists, and gives it an identity. An identity that is there already
    /// is adopted; a damaged one is replaced.
    /// </summary>
    /// <returns>The identity.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.DestinationFailed"/>, or <see cref="ErrorCatalogue.DestinationIdentity"/> where what
    /// is there cannot be read.
    /// </exception>
    Task<string> InitializeAsync(CancellationToken cancellationToken);

    /// <summary>The identity of the root; null where it has none, or does not exist.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.DestinationIdentity"/> where it is damaged or cannot be read.
    /// </exception>
    Task<string?> FindIdentityAsync(CancellationToken cancellationToken);

    /// <summary>Opens the root.</summary>
    /// <param name="identity">The identity that it must have now, and at each use; null to read one that has none yet.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationIdentity"/> where it has another, or none.</exception>
    Task<IDestination> OpenAsync(string? identity, CancellationToken cancellationToken);

    /// <summary>Whether another root is this one or lies in it, as far as their names tell. Does no I/O.</summary>
    bool Contains(IDestinationRoot other);

    /// <summary>
    /// The path from this root of something that people name by a path of the node's machine; empty for the root itself,
    /// null where it lies elsewhere. Both are resolved. Does no I/O.
    /// </summary>
    string? FindRelativePath(string path) => null;
}
