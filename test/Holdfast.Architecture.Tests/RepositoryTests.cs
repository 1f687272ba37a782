using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Holdfast.Architecture.Tests;

/// <summary>Rules about files that no compiler holds.</summary>
public sealed class RepositoryTests
{
    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var listed = XDocument
            .Load(Path.Combine(Repository.Root, "Holdfast.slnx"))
            .Descendants("Project")
            .Select(p => p.Attribute("Path")!.Value)
            .ToList();
        var present = new[] { "src", "test" }
            .SelectMany(f => Directory.EnumerateFiles(Path.Combine(Repository.Root, f), "*.csproj", SearchOption.AllDirectories))
            .Select(f => Path.GetRelativePath(Repository.Root, f));
        Assert.Equal(present.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_public_type_has_a_file_of_its_name()
    {
        var files = Repository
            .TextFiles()
            .Where(f =>
                f.StartsWith("src/", StringComparison.Ordinal)
                && (f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            )
            .ToHashSet(StringComparer.Ordinal);
        Assert.All(
            Product
                .Assemblies.SelectMany(a => a.GetExportedTypes())
                .Where(t => !t.IsNested && t.Name != "_Imports" && t.Namespace?.StartsWith("Holdfast", StringComparison.Ordinal) == true),
            type =>
            {
                var room = type.Assembly.GetName().Name == "holdfast" ? "Holdfast.Cli" : type.Assembly.GetName().Name!;
                var folder = type.Namespace!.Length > room.Length ? type.Namespace[(room.Length + 1)..].Replace('.', '/') + "/" : "";
                var file = $"src/{room}/{folder}{type.Name.Split('`')[0]}.cs";
                Assert.True(
                    files.Contains(file) || files.Contains(Path.ChangeExtension(file, ".razor")),
                    $"{type.FullName} should be in {file}: a reader goes from a name to its file without searching."
                );
            }
        );
    }

    [Fact]
    public void No_file_names_a_machine_or_a_package_registry()
    {
        // Put together here, so that this file passes its own test.
        var forbidden = new Regex(
            string.Join(
                '|',
                @"(?<![\w.])/wo" + "rk/",
                "/ro" + @"ot/(?!\.\.)",
                "/ho" + @"me/(?!you\b)[a-z]",
                "api[.]nuget[.]" + "org",
                "registry[.]npmjs[.]" + "org",
                "pypi[.]" + "org",
                "deb[.]debian[.]" + "org"
            )
        );
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

    [Theory]
    [InlineData("System.GC.Server", "False")] // a heap for each processor is half as much memory again
    [InlineData("System.GC.Concurrent", "False")]
    [InlineData("System.GC.ConserveMemory", "9")]
    [InlineData("System.GC.Gen0MaxBudget", "4194304")]
    [InlineData("System.Runtime.TieredPGO", "False")]
    public void The_command_is_built_with_the_settings_of_the_runtime_that_its_project_means(string name, string value)
    {
        // A property whose name is wrong is passed over without a word.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;
        var folder = Path.Combine(Repository.Root, "artifacts", "bin", "Holdfast.Cli");
        var file = Directory
            .GetDirectories(folder, $"{configuration}*")
            .Select(f => Path.Combine(f, "holdfast.runtimeconfig.json"))
            .Where(File.Exists);
        using var config = JsonDocument.Parse(File.ReadAllText(file.MaxBy(File.GetLastWriteTimeUtc)!));
        var properties = config.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.Equal(value, properties.GetProperty(name).ToString());
    }

    [Fact]
    public void Programs_in_the_repository_can_be_run() =>
        Assert.All(Repository.TextFiles().Where(f => Repository.Read(f).StartsWith("#!", StringComparison.Ordinal)), f =>
            Assert.True(
                File.GetUnixFileMode(Path.Combine(Repository.Root, f)).HasFlag(UnixFileMode.UserExecute),
                $"{f} begins with #! and is not executable."
            )
        );
}
