using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>Creates and opens the folders of local destinations. Only <see cref="InitializeAsync"/> ever creates anything.</summary>
public interface ILocalDriver
{
    /// <summary>
    /// Makes a root where only what is above it is there, and gives it an identity. An identity that is there already
    /// is adopted; a damaged one is
    /// replaced.
    /// </summary>
    /// <returns>The identity.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.DestinationFailed"/>, or <see cref="ErrorCatalogue.DestinationIdentity"/> where what
    /// is there cannot be read.
    /// </exception>
    Task<string> InitializeAsync(string root, CancellationToken cancellationToken);

    /// <summary>The identity of a root; null where it has none, or is not there itself.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.DestinationIdentity"/> where it is damaged or cannot be read.
    /// </exception>
    Task<string?> FindIdentityAsync(string root, CancellationToken cancellationToken);

    /// <summary>Opens a root.</summary>
    /// <param name="root">The root.</param>
    /// <param name="identity">The identity that it must have now, and at each use; null to look at one that has none yet.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationIdentity"/> where it has another, or none.</exception>
    Task<IDestination> OpenAsync(string root, string? identity, CancellationToken cancellationToken);
}
