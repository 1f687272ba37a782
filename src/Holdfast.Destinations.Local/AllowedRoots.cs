using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>Keeps what may be asked for over the API inside the folders that the node's configuration allows.</summary>
/// <param name="roots">The folders, absolute.</param>
public sealed class AllowedRoots(IReadOnlyList<string> roots)
{
    /// <summary>The folders.</summary>
    public IReadOnlyList<string> Roots => roots;

    /// <summary>The path, made plain: links are followed, so that none leads out.</summary>
    /// <param name="path">An absolute path; it, or a part of it at its end, need not exist.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> when it lies elsewhere.</exception>
    public string ResolveAllowed(string path)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new HoldfastException(ErrorCatalogue.Usage, $"'{path}' is not an absolute path.", "Give a path that begins with /.");
        }
        var full = Resolve(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (roots.Any(root => IsWithin(full, Resolve(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))))))
        {
            return full;
        }
        var allowed = roots.Count == 0 ? "none are allowed: set localRoots in holdfast.json" : $"allowed are {string.Join(", ", roots)}";
        throw new HoldfastException(
            ErrorCatalogue.Usage,
            $"'{path}' lies outside of the folders that this node may use.",
            $"Of local folders, {allowed}."
        );
    }

    private static bool IsWithin(string path, string root) =>
        path == root || root == "/" || path.StartsWith(root + '/', StringComparison.Ordinal);

    // What exists of it is resolved; the rest holds no ".." any more.
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
        var linksLeft = 40; // as many as Linux follows
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
                throw new HoldfastException(ErrorCatalogue.Usage, $"'{path}' leads round in links.", "Give the path of the folder itself.");
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
