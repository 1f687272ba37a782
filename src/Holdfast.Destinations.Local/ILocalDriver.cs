using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>
/// Creates and opens the root folders of local destinations. Only <see cref="InitializeAsync"/> creates anything.
/// </summary>
public interface ILocalDriver
{
    /// <summary>
    /// Creates a root if only its parent folder exists, and writes an identity into it. An existing identity is adopted; a damaged
    /// one is replaced.
    /// </summary>
    /// <returns>The identity.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/>, or <see
    /// cref="ErrorCatalog.DestinationIdentity"/> if an existing identity cannot be read.</exception>
    Task<string> InitializeAsync(string root, CancellationToken cancellationToken);

    /// <summary>Reads the identity of a root; null if the root has none or does not exist.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if the identity is damaged or
    /// unreadable.</exception>
    Task<string?> FindIdentityAsync(string root, CancellationToken cancellationToken);

    /// <summary>Opens a root.</summary>
    /// <param name="root">The root.</param>
    /// <param name="identity">
    /// The identity that the root must have now and at each use; null to read a root that has none yet.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if the root has another identity or
    /// none.</exception>
    Task<IDestination> OpenAsync(string root, string? identity, CancellationToken cancellationToken);
}
