using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sqlite.Discovery;

namespace Holdfast.Engines.Sqlite.Tests.Discovery;

/// <summary>Which databases are known to be deleted, and which are only unreachable.</summary>
public sealed class AbsenceExplainerTests : IDisposable
{
    private const string Small = "CREATE TABLE t(a); INSERT INTO t VALUES(1)";
    private static readonly string[] Names = ["a.db", "sub/b.db", "sub/deep/c.db"];
    private readonly TestFolder _folder = new();
    private readonly string _elsewhere = Directory.CreateTempSubdirectory("holdfast-elsewhere-").FullName;

    public AbsenceExplainerTests()
    {
        foreach (var name in Names)
        {
            _folder.Make(name, schema: Small);
        }
        Allow("", "755");
        Allow("sub", "755");
        Allow("sub/deep", "755");
    }

    public void Dispose()
    {
        Allow("", "755");
        if (Directory.Exists(_folder["sub"]))
        {
            Allow("sub", "755");
        }
        _folder.Dispose();
        Directory.Delete(_elsewhere, true);
    }

    [Theory]
    [InlineData("644")] // it can be listed, but nothing in it can be reached
    [InlineData("311")] // files in it can be reached by name
    [InlineData("000")]
    public void Nothing_beneath_an_unreadable_folder_counts_as_deleted(string mode)
    {
        Allow("sub", mode);
        var (found, explained) = Look(Names);
        Assert.Equal(["a.db", "sub"], found.Select(d => d.Name));
        Assert.Contains("/sub'", found[1].Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(["sub/b.db", "sub/deep/c.db"], explained.Keys.Order(StringComparer.Ordinal));
        Assert.All(explained.Values, e => Assert.Contains("cannot be read", e.Message, StringComparison.Ordinal));
        Assert.All(explained.Values, e => Assert.DoesNotContain("..", e.Message, StringComparison.Ordinal));
        Assert.All(explained.Values, e => Assert.NotNull(e.Hint));
        Allow("sub", "755");
        Assert.Empty(Look(Names).Explained);
    }

    [Fact]
    public void Databases_of_an_unreadable_folder_are_not_known_to_be_deleted()
    {
        File.Delete(_folder["sub/b.db"]);
        Allow("sub", "311");
        Assert.Equal(["sub/b.db", "sub/deep/c.db"], Look(Names).Explained.Keys.Order(StringComparer.Ordinal));
        Allow("sub", "755");
        Assert.Empty(Look(Names).Explained); // now it is deleted
    }

    [Theory]
    [InlineData("644")]
    [InlineData("000")]
    public void A_directory_with_unreachable_files_is_an_error_and_never_an_empty_list(string mode)
    {
        Allow("", mode);
        var failure = Assert.Throws<HoldfastException>(() => Look(Names));
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
    }

    [Fact]
    public void A_database_replaced_by_a_link_is_reported()
    {
        File.Move(_folder["a.db"], $"{_elsewhere}/a.db");
        File.CreateSymbolicLink(_folder["a.db"], $"{_elsewhere}/a.db");
        var (found, explained) = Look(Names);
        Assert.Equal(["sub/b.db", "sub/deep/c.db"], found.Select(d => d.Name));
        Assert.Contains(
            "is a link now; links inside a source are not followed",
            Assert.Contains("a.db", explained).Message,
            StringComparison.Ordinal
        );
        Assert.Single(explained);
    }

    [Fact]
    public void Databases_of_a_folder_replaced_by_a_link_are_reported()
    {
        Directory.Move(_folder["sub"], $"{_elsewhere}/sub");
        Directory.CreateSymbolicLink(_folder["sub"], $"{_elsewhere}/sub");
        var explained = Look(Names).Explained;
        Assert.Equal(["sub/b.db", "sub/deep/c.db"], explained.Keys.Order(StringComparer.Ordinal));
        Assert.All(explained.Values, e => Assert.Contains($"'{_folder["sub"]}' is a link now", e.Message, StringComparison.Ordinal));
        File.Delete(_folder["sub"]);
    }

    [Fact]
    public void A_dangling_link_is_reported()
    {
        File.Delete(_folder["a.db"]);
        File.CreateSymbolicLink(_folder["a.db"], $"{_elsewhere}/unmounted/a.db");
        Assert.Contains("a.db", Look(Names).Explained);
    }

    [Fact]
    public void Deleted_databases_count_as_deleted_even_if_their_folder_is_too()
    {
        File.Delete(_folder["a.db"]);
        Directory.Delete(_folder["sub"], true);
        Assert.Empty(Look(Names).Explained);
        File.WriteAllText(_folder["sub"], "a file in the place of the folder");
        Assert.Empty(Look(Names).Explained);
    }

    // As discovery does: finds databases, and asks about the missing ones.
    private (List<DiscoveredDatabase> Found, Dictionary<string, HoldfastException> Explained) Look(string[] known) =>
        OrdinaryUser.Run(() =>
        {
            var finder = new DatabaseFinder(_folder.Config(), TimeProvider.System);
            var found = finder.Find(default);
            return (found, AbsenceExplainer.Explain(_folder.Root, finder, known.Where(n => found.All(d => d.Name != n)), default));
        });

    private void Allow(string name, string mode) => File.SetUnixFileMode(_folder[name], (UnixFileMode)Convert.ToInt32(mode, 8));
}
