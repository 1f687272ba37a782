using System.Collections.Concurrent;
using System.ComponentModel;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// Finds <c>pg_dump</c> and <c>pg_restore</c>: of the requested major version, or the next newer one. An older
/// <c>pg_dump</c> cannot read a server's catalogs, and an older <c>pg_restore</c> cannot read a dump.
/// </summary>
/// <param name="folders">Folders to search first.</param>
/// <param name="searchPath">The folders of PATH.</param>
/// <param name="packageFolders">
/// Folders of the major versions that packages install, for example <c>/usr/lib/postgresql/15/bin</c>.
/// </param>
internal sealed class ToolFinder(IReadOnlyList<string> folders, IReadOnlyList<string> searchPath, IReadOnlyList<string> packageFolders)
{
    // Debian's /usr/bin/pg_dump is a script that selects a version by its own rules; the real programs are found
    // without it.
    private const string Wrapper = "pg_wrapper";

    private readonly ConcurrentDictionary<(string Path, DateTime Written), ToolVersion?> _versions = [];

    /// <summary>Creates a finder for the programs of this machine.</summary>
    public static ToolFinder ForLocalMachine(IReadOnlyList<string> folders) =>
        new(
            folders,
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            [.. FindBinFolders("/usr/lib/postgresql", "*"), .. FindBinFolders("/usr", "pgsql-*")]
        );

    /// <summary>Finds a program.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="major">The lowest acceptable major version; 0 for any.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException">It is not installed; the hint names the package.</exception>
    public async Task<Tool> FindAsync(string name, int major, CancellationToken cancellationToken)
    {
        var found = new List<Tool>();
        foreach (var path in Candidates(name))
        {
            if (await ReadVersionAsync(path, cancellationToken) is { } version)
            {
                found.Add(new(name, path, version));
            }
        }

        // The newest minor version has the most security fixes.
        return found
            .Where(t => t.Version.Major >= major)
            .OrderBy(t => t.Version.Major)
            .ThenByDescending(t => t.Version.Minor)
            .FirstOrDefault()
            ?? throw Missing(name, major, found);
    }

    private static HoldfastException Missing(string name, int major, List<Tool> found) =>
        new(
            ErrorCatalog.SourceUnreadable,
            found.Count == 0
                ? $"{name} is not installed on this machine{(major == 0 ? "" : $"; version {major} or newer is required")}."
                : $"Installed versions of {name}: {string.Join(", ", found.Select(t => $"{t.Version} ({t.Path})"))}. Version {major} or "
                    + "newer is required.",
            major == 0
                ? "Install it: apt install postgresql-client (Debian, Ubuntu) or dnf install postgresql (Red Hat)."
                : $"Install it: apt install postgresql-client-{major} (Debian, Ubuntu) or dnf install postgresql{major} (Red Hat)."
        );

    private static IEnumerable<string> FindBinFolders(string folder, string pattern) =>
        Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder, pattern).Select(f => Path.Combine(f, "bin")).Order(StringComparer.Ordinal)
            : [];

    private IEnumerable<string> Candidates(string name) =>
        folders
            .Concat(searchPath)
            .Concat(packageFolders)
            .Select(f => Path.Combine(f, name))
            .Where(File.Exists)
            .Select(Resolve)
            .Where(p => Path.GetFileName(p) != Wrapper)
            .Distinct(StringComparer.Ordinal);

    private static string Resolve(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    private async Task<ToolVersion?> ReadVersionAsync(string path, CancellationToken cancellationToken)
    {
        var key = (path, File.GetLastWriteTimeUtc(path)); // detects package updates
        if (_versions.TryGetValue(key, out var known))
        {
            return known;
        }
        ToolVersion? version;
        try
        {
            await using var child = ToolProcess.Start(path, ["--version"], null);
            child.Input.Close();
            version = ToolVersion.Parse(await new StreamReader(child.Output).ReadToEndAsync(cancellationToken));
            await child.WaitForExitAsync(cancellationToken);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            version = null; // not a program for this machine
        }

        return _versions[key] = version;
    }
}
