using System.Collections.Concurrent;
using System.ComponentModel;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// Finds <c>pg_dump</c> and <c>pg_restore</c>: of the major that is asked for, else of the next newer one. An older
/// <c>pg_dump</c> cannot read a server's catalogue,
/// an older <c>pg_restore</c> not a dump.
/// </summary>
/// <param name="folders">Folders to look in first.</param>
/// <param name="searchPath">The folders of PATH.</param>
/// <param name="packageFolders">
/// Folders under which packages put a folder for each major, with what stands before and behind the number:
/// <c>/usr/lib/postgresql/15/bin</c>.
/// </param>
internal sealed class ToolFinder(IReadOnlyList<string> folders, IReadOnlyList<string> searchPath, IReadOnlyList<string> packageFolders)
{
    // Debian's pg_dump in /usr/bin is a script that picks a version by rules of its own; the real ones are found without it.
    private const string Wrapper = "pg_wrapper";

    private readonly ConcurrentDictionary<(string Path, DateTime Written), ToolVersion?> _versions = [];

    /// <summary>A finder that looks where this machine has programs.</summary>
    public static ToolFinder ForLocalMachine(IReadOnlyList<string> folders) =>
        new(
            folders,
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            [.. FindBinFolders("/usr/lib/postgresql", "*"), .. FindBinFolders("/usr", "pgsql-*")]
        );

    /// <summary>Finds a program.</summary>
    /// <param name="name">Which.</param>
    /// <param name="major">Its lowest major; 0 for any.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">None is there; the hint names the package.</exception>
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

        // Of one major the newest: it has the most holes mended.
        return found
            .Where(t => t.Version.Major >= major)
            .OrderBy(t => t.Version.Major)
            .ThenByDescending(t => t.Version.Minor)
            .FirstOrDefault()
            ?? throw Missing(name, major, found);
    }

    private static HoldfastException Missing(string name, int major, List<Tool> found) =>
        new(
            ErrorCatalogue.SourceUnreadable,
            found.Count == 0
                ? $"{name} is not on this machine{(major == 0 ? "" : $"; version {major} or newer is needed")}."
                : $"{name} is here in {string.Join(", ", found.Select(t => $"{t.Version} ({t.Path})"))}; version {major} or "
                    + "newer is needed.",
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
        var key = (path, File.GetLastWriteTimeUtc(path)); // an update of the package is noticed
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
            version = null; // not a program of this machine: the others are looked at
        }

        return _versions[key] = version;
    }
}
