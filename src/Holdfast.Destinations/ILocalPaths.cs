using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>Opens backups by a path of this machine, whether or not they belong to a defined destination. All methods may block.</summary>
public interface ILocalPaths
{
    /// <summary>The folders under which paths must be. Paths under the same folder share their limits.</summary>
    IReadOnlyList<string> Roots { get; }

    /// <summary>Resolves the links of a path and checks that it is under one of the roots.</summary>
    /// <param name="path">An absolute path, whose last components need not exist.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if it is elsewhere.</exception>
    string Resolve(string path);

    /// <summary>Opens a folder with any identity.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="create">Whether to create it with an identity if it is missing.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    IDestination OpenFolder(string path, bool create);

    /// <summary>Opens a folder, or the folder that contains a file. Creates nothing.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if it does not exist.</exception>
    OpenedPath Open(string path);
}
