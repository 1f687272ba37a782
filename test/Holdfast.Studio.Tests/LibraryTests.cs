using System.Text.Json;
using System.Xml.Linq;
using Holdfast.Studio.Pages.Server;

namespace Holdfast.Studio.Tests;

/// <summary>The About page lists the packages that are shipped, with the licence that each declares.</summary>
public sealed class LibraryTests
{
    // The packages that the command was built with, with their folders in the package cache.
    private static readonly Lazy<IReadOnlyList<(string Name, string Version)>> Shipped = new(Read);

    public static TheoryData<string> Packages => [.. Shipped.Value.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Every_shipped_package_is_listed_with_its_licence(string name)
    {
        var library = Libraries.All.SingleOrDefault(l => l.Packages.Contains(name));
        Assert.True(library is not null, $"{name} is shipped but not listed on the page About: add it to Libraries.All.");
        if (Licence(name) is { } licence)
        {
            Assert.Equal(licence, library.Licence);
        }
    }

    [Fact]
    public void No_package_is_listed_that_is_not_shipped() =>
        Assert.Empty(Libraries.All.SelectMany(l => l.Packages).Except(Shipped.Value.Select(p => p.Name)));

    // As the package declares it; null if it names a file instead.
    private static string? Licence(string name)
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var id = name.ToLowerInvariant();
        var version = Shipped.Value.First(p => p.Name == name).Version;
        var file = XDocument.Load(Path.Combine(cache, id, version, $"{id}.nuspec"));
        var licence = file.Descendants().FirstOrDefault(e => e.Name.LocalName == "license");
        return licence?.Attribute("type")?.Value == "expression" ? licence.Value : null;
    }

    private static List<(string, string)> Read()
    {
        // The same configuration as these tests; the name of the folder also contains the runtime.
        var folder = AppContext.BaseDirectory.TrimEnd('/');
        var configuration = Path.GetFileName(folder);
        var file = Directory
            .GetDirectories(Path.Combine(folder, "../../Holdfast.Cli"), $"{configuration}*")
            .Select(d => Path.Combine(d, "holdfast.deps.json"))
            .First(File.Exists);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return
        [
            .. json
                .RootElement.GetProperty("libraries")
                .EnumerateObject()
                .Where(l => l.Value.GetProperty("type").GetString() == "package")
                .Select(l => (l.Name.Split('/')[0], l.Name.Split('/')[1])),
        ];
    }
}
