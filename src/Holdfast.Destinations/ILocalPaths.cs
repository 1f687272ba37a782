using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>
/// Opens backups that people name by a path of this machine, whether or not they belong to a destination that is
/// defined. All methods may block.
/// </summary>
public interface ILocalPaths
{
    /// <summary>The folders that paths must lie under. Paths under one of them share their limits.</summary>
    IReadOnlyList<string> Roots { get; }

    /// <summary>The path with its links followed, so that none leads out of the roots.</summary>
    /// <param name="path">An absolute path; it, or a part of it at its end, need not exist.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> when it lies elsewhere.</exception>
    string Resolve(string path);

    /// <summary>Opens a folder, whatever its identity is.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="create">Whether it is created where it is missing, with an identity.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationFailed"/></exception>
    IDestination OpenFolder(string path, bool create);

    /// <summary>Opens a folder, or the folder that a file lies in; neither is created.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/> where nothing is there.</exception>
    OpenedPath Open(string path);
}
