using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Server.Configuration;

/// <summary>The folders that the operator lets the API name paths in.</summary>
/// <param name="roots">Absolute folders.</param>
public sealed class LocalRoots(IReadOnlyList<string> roots)
{
    /// <summary>The path, absolute and with symbolic links resolved, if it lies under one of the roots. Use the result, not what was given: a link in between could lead out.</summary>
    /// <param name="path">An absolute path; what it names need not exist.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> when it does not lie under a root, or is not absolute.</exception>
    public string Resolve(string path)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal))
            throw new HoldfastException(ErrorCatalogue.Usage, $"'{path}' is not an absolute path.", "Give it from the root, as in /backup/nas.");
        var real = RealPath.Of(path);
        if (roots.Any(root => RealPath.IsWithin(real, RealPath.Of(root)))) return real;
        var allowed = roots.Count == 0 ? "The server's configuration names no localRoots yet." : $"Allowed are folders under: {string.Join(", ", roots)}.";
        throw new HoldfastException(ErrorCatalogue.Usage, $"'{path}' does not lie under a folder that the server may use.", $"{allowed} They are set in the configuration file only.");
    }
}
