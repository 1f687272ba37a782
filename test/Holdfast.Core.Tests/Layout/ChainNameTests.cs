using CsCheck;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Layout;

/// <summary>Names of chains' folders.</summary>
public sealed class ChainNameTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 7, 5, 9, TimeSpan.Zero);

    [Theory]
    [InlineData("A", BackupType.Backup, null, "2026-11-23-07-05-09.A-backup")]
    [InlineData("WEST", BackupType.Snapshot, "3f9a", "2026-11-23-07-05-09.WEST-snapshot-3f9a")]
    [InlineData("B", BackupType.Snapshot, "with-dashes", "2026-11-23-07-05-09.B-snapshot-with-dashes")]
    public void A_chain_is_named_for_time_node_type_and_task(string node, BackupType type, string? task, string folder)
    {
        var name = new ChainName(Time, node, type, task);
        Assert.Equal(folder, name.ToString());
        Assert.Equal(name, ChainName.TryParse(folder));
    }

    [Fact]
    public void Every_formatted_name_is_parsed_back() =>
        Gen.Select(
                Gen.Long[0, 250_000_000_000],
                Gen.String[Gen.Char['A', 'Z'], 1, 4],
                Gen.Enum<BackupType>(),
                Gen.String[Gen.Char["0123456789abcdef"], 1, 8]
            )
            .Sample(
                (seconds, node, type, task) =>
                {
                    var name = new ChainName(DateTimeOffset.UnixEpoch.AddSeconds(seconds), node, type, task);
                    return ChainName.TryParse(name.ToString()) == name;
                }
            );

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-23-07-05-09")]
    [InlineData("2026-11-23-07-05-09.")]
    [InlineData("2026-11-23-07-05-09.A")]
    [InlineData("2026-11-23-07-05-09.a-backup")]
    [InlineData("2026-11-23-07-05-09.ABCDE-backup")]
    [InlineData("2026-11-23-07-05-09.-backup")]
    [InlineData("2026-11-23-07-05-09.A-dump")]
    [InlineData("2026-11-23-07-05-61.A-backup")]
    [InlineData("x2026-11-23-07-05-09.A-backup")]
    public void A_name_that_is_not_a_chains_is_not_parsed(string folder) => Assert.Null(ChainName.TryParse(folder));

    [Theory]
    [InlineData("A", true)]
    [InlineData("ABCD", true)]
    [InlineData("", false)]
    [InlineData("ABCDE", false)]
    [InlineData("a", false)]
    [InlineData("Ä", false)]
    [InlineData("A1", false)]
    public void A_nodes_tag_is_1_to_4_capitals(string tag, bool valid) => Assert.Equal(valid, ChainName.IsNodeTag(tag));
}
