using System.Diagnostics;
using System.Xml.Linq;

namespace Holdfast.Architecture.Tests;

/// <summary>The checked-out repository.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = [".git/", "out/", "artifacts/", "bench/work/"];

    public static string Root { get; } = RepositoryRoot.Folder;

    /// <summary>The project files under a folder of the repository, by project name.</summary>
    public static IReadOnlyDictionary<string, XDocument> Projects(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetFileNameWithoutExtension(f), f => XDocument.Load(f), StringComparer.Ordinal);

    /// <summary>What a project file names in elements of one kind, such as <c>ProjectReference</c>.</summary>
    public static IEnumerable<string> Included(this XDocument project, string element) =>
        project.Descendants(element).Select(e => e.Attribute("Include")?.Value).OfType<string>();

    /// <summary>Names of the projects that a project references.</summary>
    public static IEnumerable<string> References(this XDocument project) =>
        project.Included("ProjectReference").Select(p => Path.GetFileNameWithoutExtension(p));

    /// <summary>Every text file that is, or is about to be, in the repository: paths relative to its root.</summary>
    public static IReadOnlyList<string> TextFiles()
    {
        var files = TryGit()
            ?? Directory
                .EnumerateFiles(Root, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Root, f))
                .Where(f => f != ".git" && !NotOurs.Any(n => f.StartsWith(n, StringComparison.Ordinal)));
        return
        [
            .. files
                .Where(f => File.Exists(Path.Combine(Root, f)) && !File.ReadAllBytes(Path.Combine(Root, f)).AsSpan().Contains((byte)0))
                .Order(StringComparer.Ordinal),
        ];
    }

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string[]? TryGit()
    {
        try
        {
            using var git = Process.Start(
                new ProcessStartInfo("git", ["-C", Root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var listed = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            return git.ExitCode == 0 ? listed : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no git on this machine
        }
    }
}
