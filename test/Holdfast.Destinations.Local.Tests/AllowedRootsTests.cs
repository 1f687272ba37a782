using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local.Tests;

public sealed class AllowedRootsTests
{
    [Fact]
    public void A_path_counts_as_under_a_root_by_where_it_really_leads()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-roots-");
        var root = folder.CreateSubdirectory("root").FullName;
        Directory.CreateSymbolicLink(Path.Combine(root, "out"), "/etc");
        Directory.CreateSymbolicLink(Path.Combine(root, "nowhere"), "/nowhere-at-all");
        Directory.CreateDirectory(Path.Combine(root, "sub"));
        Directory.CreateSymbolicLink(Path.Combine(root, "in"), "sub");
        var roots = new AllowedRoots([root]);
        Assert.Equal(Path.Combine(root, "sub/x"), roots.ResolveAllowed(Path.Combine(root, "in/x")));
        Assert.Equal(root, roots.ResolveAllowed(root + "/"));
        foreach (
            var path in new[]
            {
                "/etc/passwd",
                root + "-other",
                root + "/../x",
                root + "/out/passwd",
                root + "/out/not/there",
                root + "/nowhere",
                root + "/nowhere/x",
                "relative",
            }
        )
        {
            Assert.Equal(ErrorCatalog.Usage, Assert.Throws<HoldfastException>(() => roots.ResolveAllowed(path)).Error);
        }

        folder.Delete(recursive: true);
    }
}
