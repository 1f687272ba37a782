using Holdfast.Core.Databases;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>Compares a listing with the catalog: names and lengths.</summary>
public sealed class ListingComparerTests
{
    private const string Path = "fake/db/2026-11-25-10-00-00.A-snapshot";
    private const string Name = "2026-11-25-10-00-00.snapshot.tar.zst";
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_unchanged_archive_is_not_a_finding() => Assert.Empty(Compare(Known(CopyState.Whole), Listed(1000)));

    [Fact]
    public void Unknown_archives_are_recorded_and_never_damaged()
    {
        var found = Assert.Single(Compare(null, Listed(1000)));
        Assert.Equal((CopyState.Whole, 1000, false), (found.State, found.Archive!.Length, found.Archive.IsRecorded));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(0)]
    [InlineData(1001)]
    public void An_archive_of_another_length_is_missing(long length)
    {
        var found = Assert.Single(Compare(Known(CopyState.Whole), Listed(length)));
        Assert.Equal(CopyState.Missing, found.State);
        Assert.Contains($"{length} bytes; 1000 were written", found.Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_archive_is_reported_once()
    {
        Assert.Equal(CopyState.Missing, Assert.Single(Compare(Known(CopyState.Whole))).State);
        Assert.Empty(Compare(Known(CopyState.Missing)));
    }

    [Fact]
    public void A_missing_archive_that_came_back_is_intact_and_a_damaged_one_stays_damaged()
    {
        Assert.Equal(CopyState.Whole, Assert.Single(Compare(Known(CopyState.Missing), Listed(1000))).State);
        Assert.Empty(Compare(Known(CopyState.Damaged), Listed(1000)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(7L)]
    public void A_missing_index_and_a_short_one_are_distinguished(long? index)
    {
        Assert.Equal(CopyState.WithoutIndex, Assert.Single(Compare(Known(CopyState.Whole), Listed(1000, index))).State);
        Assert.Empty(Compare(Known(CopyState.WithoutIndex), Listed(1000, index)));
        Assert.Equal(CopyState.Whole, Assert.Single(Compare(Known(CopyState.WithoutIndex), Listed(1000))).State);
    }

    [Fact]
    public void An_archive_that_never_existed_at_a_destination_is_not_missing() =>
        Assert.Empty(ListingComparer.Compare(Known(CopyState.Whole), Path, [], "other", Now));

    private static CatalogChain Known(CopyState state) =>
        new(
            Path,
            new DatabaseId("fake", "db"),
            null,
            [
                new(
                    new()
                    {
                        Name = Name,
                        Length = 1000,
                        Id = new('1', 32),
                        IndexLength = 50,
                    },
                    [
                        new(
                            "nas",
                            state,
                            null,
                            null,
                            state == CopyState.Whole ? null : new OperationError("not-found", "It does not exist.", null),
                            false
                        ),
                    ]
                ),
            ]
        );

    private static StoredArchive Listed(long length, long? index = 50) =>
        new($"{Path}/{Name}", ArchiveName.TryParse(Name)!, length, index is not null) { IndexLength = index };

    private static IReadOnlyList<CopyFinding> Compare(CatalogChain? known, params StoredArchive[] listed) =>
        ListingComparer.Compare(known, Path, listed, "nas", Now);
}
