using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>Opens folders and archives of this machine by path.</summary>
/// <param name="roots">The roots within which <see cref="Resolve"/> confines paths.</param>
public sealed class LocalPaths(AllowedRoots roots) : ILocalPaths
{
    private const int MaxDepth = 3; // source, database, chain

    /// <inheritdoc/>
    public IReadOnlyList<string> Roots => roots.Roots;

    /// <summary>For a program whose user may name any path.</summary>
    public static LocalPaths Unrestricted { get; } = new(new AllowedRoots(["/"]));

    /// <inheritdoc/>
    public string Resolve(string path) => roots.ResolveAllowed(path);

    /// <inheritdoc/>
    public IDestination OpenFolder(string path, bool create) => LocalDestination.Open(path, create);

    /// <inheritdoc/>
    public OpenedPath Open(string path)
    {
        if (Directory.Exists(path))
        {
            return Open(path, null);
        }
        return File.Exists(path)
            ? Open(Path.GetDirectoryName(path)!, Path.GetFileName(path))
            : throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"'{path}' does not exist.",
                "Give an archive, a chain's folder, a database's folder, or the root of a destination."
            );
    }

    private static OpenedPath Open(string folder, string? file)
    {
        var destination = LocalDestination.Open(folder, create: false);
        return new(destination, Path.GetFileName(folder), file, FindPathFromRoot(destination.Root.Path));
    }

    // A chain can be copied anywhere, so its parent folders have a meaning only below the root of a destination.
    private static string? FindPathFromRoot(string folder)
    {
        var root = folder;
        for (var depth = 0; root is not null && depth <= MaxDepth; depth++)
        {
            if (DestinationIdentity.RootFiles.Any(f => File.Exists(Path.Combine(root, f))))
            {
                return Path.GetRelativePath(root, folder) is var path && path == "." ? "" : path;
            }
            root = Path.GetDirectoryName(root);
        }
        return null;
    }
}
