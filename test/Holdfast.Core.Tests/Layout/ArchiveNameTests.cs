using CsCheck;
using Holdfast.Core.Layout;

namespace Holdfast.Core.Tests.Layout;

/// <summary>Archive names as specified by the format.</summary>
public sealed class ArchiveNameTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 7, 5, 9, TimeSpan.Zero);

    [Theory]
    [InlineData(ArchiveFileType.FullBackup, true, "2026-11-23-07-05-09.full-backup.tar.zst.age", "2026-11-23-07-05-09.full-backup.index")]
    [InlineData(ArchiveFileType.Snapshot, false, "2026-11-23-07-05-09.snapshot.tar.zst", "2026-11-23-07-05-09.snapshot.index")]
    [InlineData(
        ArchiveFileType.EncryptedSnapshot,
        false,
        "2026-11-23-07-05-09.encrypted-snapshot.tar.zst",
        "2026-11-23-07-05-09.encrypted-snapshot.index"
    )]
    [InlineData(
        ArchiveFileType.IncrementalBackup,
        true,
        "2026-11-23-07-05-09.incremental-backup.tar.zst.age",
        "2026-11-23-07-05-09.incremental-backup.index"
    )]
    public void An_archive_and_its_index_are_named_for_time_and_form(ArchiveFileType form, bool encrypted, string file, string index)
    {
        var name = new ArchiveName(Time, form, encrypted);
        Assert.Equal(file, name.ToString());
        Assert.Equal(index, name.IndexName);
    }

    [Fact]
    public void Every_formatted_name_is_parsed_back() =>
        Gen.Select(Gen.Long[0, 250_000_000_000], Gen.Enum<ArchiveFileType>(), Gen.Bool)
            .Sample(
                (seconds, form, encrypted) =>
                {
                    var name = new ArchiveName(DateTimeOffset.UnixEpoch.AddSeconds(seconds), form, encrypted);
                    return ArchiveName.TryParse(name.ToString()) == name;
                }
            );

    [Theory]
    [InlineData("")]
    [InlineData(".tar.zst")]
    [InlineData("restore.py")]
    [InlineData("2026-11-23-07-05-09.snapshot.index")]
    [InlineData("2026-11-23-07-05-09.snapshot.tar.zst.partial")]
    [InlineData("2026-11-23-07-05-09.snapshot.tar.zst.age.partial")]
    [InlineData("2026-11-23-07-05-09.Snapshot.tar.zst")]
    [InlineData("2026-11-23-07-05-09.something.tar.zst")]
    [InlineData("2026-11-23-07-05-09.tar.zst")]
    [InlineData("2026-13-23-07-05-09.snapshot.tar.zst")]
    [InlineData("2026-02-30-07-05-09.snapshot.tar.zst")]
    [InlineData(" 2026-11-23-07-05-09.snapshot.tar.zst")]
    [InlineData("../2026-11-23-07-05-09.snapshot.tar.zst")]
    public void A_name_that_is_not_an_archives_is_not_parsed(string file) => Assert.Null(ArchiveName.TryParse(file));
}
