using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>Keeps paths that API requests name inside the folders that the node's configuration allows.</summary>
/// <param name="roots">The allowed folders, as absolute paths.</param>
public sealed class AllowedRoots(IReadOnlyList<string> roots)
{
    /// <summary>The allowed folders.</summary>
    public IReadOnlyList<string> Roots => roots;

    /// <summary>Canonicalizes a path. Links are followed, so that none leads out of the allowed folders.</summary>
    /// <param name="path">An absolute path. It, or its last components, need not exist.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if it lies outside of the allowed
    /// folders.</exception>
    public string ResolveAllowed(string path)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new HoldfastException(ErrorCatalog.Usage, $"'{path}' is not an absolute path.", "Give a path that begins with /.");
        }
        var full = Resolve(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (roots.Any(root => IsWithin(full, Resolve(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))))))
        {
            return full;
        }
        var allowed = roots.Count == 0 ? "none are allowed: set localRoots in holdfast.json" : $"allowed are {string.Join(", ", roots)}";
        throw new HoldfastException(
            ErrorCatalog.Usage,
            $"'{path}' lies outside of the folders that this node may use.",
            $"Of local folders, {allowed}."
        );
    }

    private static bool IsWithin(string path, string root) =>
        path == root || root == "/" || path.StartsWith(root + '/', StringComparison.Ordinal);

    // The existing components are resolved; the remaining ones contain no "..".
    private static string Resolve(string full)
    {
        var existing = full;
        var rest = new Stack<string>();
        while (existing.Length > 1 && !Path.Exists(existing))
        {
            rest.Push(Path.GetFileName(existing));
            existing = Path.GetDirectoryName(existing)!;
        }

        var resolved = RealPath(existing);
        foreach (var part in rest)
        {
            resolved = Path.Combine(resolved, part);
        }
        return resolved;
    }

    private static string RealPath(string path)
    {
        var resolved = "/";
        var linksLeft = 40; // the limit of Linux
        var parts = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (parts.TryPop(out var part))
        {
            if (part == ".")
            {
                continue;
            }
            if (part == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? "/";
                continue;
            }

            var next = Path.Combine(resolved, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (linksLeft-- == 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"'{path}' has too many levels of symbolic links.",
                    "Give the path of the folder itself."
                );
            }
            if (target.StartsWith('/'))
            {
                resolved = "/";
            }
            foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                parts.Push(step);
            }
        }

        return resolved;
    }
}
