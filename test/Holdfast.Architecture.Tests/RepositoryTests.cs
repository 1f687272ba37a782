using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Holdfast.Architecture.Tests;

/// <summary>Rules about files that no compiler holds.</summary>
public sealed class RepositoryTests
{
    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var listed = XDocument.Load(Path.Combine(Repository.Root, "Holdfast.slnx")).Descendants("Project").Select(p => p.Attribute("Path")!.Value).ToList();
        var present = new[] { "src", "test" }.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Repository.Root, f), "*.csproj", SearchOption.AllDirectories)).Select(f => Path.GetRelativePath(Repository.Root, f));
        Assert.Equal(present.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_public_type_has_a_file_of_its_name()
    {
        var files = Repository.TextFiles().Where(f => f.StartsWith("src/", StringComparison.Ordinal) && (f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))).ToHashSet(StringComparer.Ordinal);
        Assert.All(Product.Assemblies.SelectMany(a => a.GetExportedTypes()).Where(t => !t.IsNested && t.Name != "_Imports" && t.Namespace?.StartsWith("Holdfast", StringComparison.Ordinal) == true), type =>
        {
            var room = type.Assembly.GetName().Name == "holdfast" ? "Holdfast.Cli" : type.Assembly.GetName().Name!;
            var folder = type.Namespace!.Length > room.Length ? type.Namespace[(room.Length + 1)..].Replace('.', '/') + "/" : "";
            var file = $"src/{room}/{folder}{type.Name.Split('`')[0]}.cs";
            Assert.True(files.Contains(file) || files.Contains(Path.ChangeExtension(file, ".razor")), $"{type.FullName} should be in {file}: a reader goes from a name to its file without searching.");
        });
    }

    [Fact]
    public void No_file_names_a_machine_or_a_package_registry()
    {
        // Put together here, so that this file passes its own test.
        var forbidden = new Regex(string.Join('|', @"(?<![\w.])/wo" + "rk/", "/ro" + @"ot/(?!\.\.)", "/ho" + @"me/(?!you\b)[a-z]", "api[.]nuget[.]" + "org", "registry[.]npmjs[.]" + "org", "pypi[.]" + "org", "deb[.]debian[.]" + "org"));
        Assert.All(Repository.TextFiles(), file =>
        {
            var match = forbidden.Match(Repository.Read(file));
            Assert.False(match.Success, $"{file} holds '{match.Value}': paths and hosts of one machine mean nothing on the next.");
        });
    }

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        var link = new Regex(@"\]\((?!https?://|#)([^)#\s]+)(#[^)]*)?\)");
        foreach (var page in Repository.TextFiles().Where(f => f.EndsWith(".md", StringComparison.Ordinal)))
        {
            Assert.All(link.Matches(Repository.Read(page)), m =>
            {
                var target = Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, m.Groups[1].Value);
                Assert.True(Path.Exists(target), $"{page} links to {m.Groups[1].Value}, which is not there.");
            });
        }
    }

    [Fact]
    public void Programs_in_the_repository_can_be_run() => Assert.All(
        Repository.TextFiles().Where(f => Repository.Read(f).StartsWith("#!", StringComparison.Ordinal)),
        f => Assert.True(File.GetUnixFileMode(Path.Combine(Repository.Root, f)).HasFlag(UnixFileMode.UserExecute), $"{f} begins with #! and is not executable."));
}
