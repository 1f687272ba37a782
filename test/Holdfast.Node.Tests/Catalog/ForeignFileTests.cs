using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>Which files in the folder of a chain are ours; all others raise an alert.</summary>
public sealed class ForeignFileTests
{
    [Theory]
    [InlineData("2026-11-25-10-00-00.snapshot.tar.zst", true)]
    [InlineData("2026-11-25-10-00-00.incremental-backup.tar.zst.age", true)]
    [InlineData("2026-11-25-10-00-00.incremental-backup.tar.zst.partial", true)]
    [InlineData("2026-11-25-10-00-00.snapshot.index", true)]
    [InlineData("2026-11-25-10-00-00.snapshot.index.partial", true)]
    [InlineData(".holdfast-catalog", false)] // it belongs into the folder of the database
    [InlineData("virus.exe", false)]
    [InlineData("notes.index", false)]
    [InlineData(".index", false)]
    [InlineData("", false)]
    [InlineData("2026-11-25-10-00-00.snapshot.tar.gz", false)]
    [InlineData("2026-11-25-10-00-00.snapshot.tar.zst.enc", false)]
    [InlineData("copy of 2026-11-25-10-00-00.snapshot.tar.zst", false)]
    [InlineData("2026-13-25-10-00-00.snapshot.index", false)]
    public void A_name_says_whether_a_file_is_ours(string name, bool isOurs) => Assert.Equal(isOurs, ScannedFolder.IsOwn(name));
}
