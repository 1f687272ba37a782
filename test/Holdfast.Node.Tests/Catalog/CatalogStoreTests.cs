using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Node.Tests.Catalog;

public sealed class CatalogStoreTests : IDisposable
{
    private const string Chain = "fake/db/2026-11-25-10-00-00.A-snapshot-0123456789";
    private static readonly DatabaseId Database = new("fake", "db");
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    private string File1 => $"{_folder}/catalog.db";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Records_survive_a_restart()
    {
        await using (var catalog = Open())
        {
            await catalog.RecordAsync(Chain, Database, "0123456789", Archive("10-00-00.snapshot", null), At("nas", "second"));
            await catalog.RecordAsync(
                Chain,
                Database,
                "0123456789",
                Archive("11-00-00.incremental-backup", "10-00-00.snapshot"),
                At("nas")
            );
        }

        await using var again = Open();
        var chain = again.NewestOf(Database, "0123456789")!;
        Assert.Equal((Chain, Database, "0123456789"), (chain.Path, chain.Database, chain.Task));
        Assert.Equal(
            [Archive("10-00-00.snapshot", null), Archive("11-00-00.incremental-backup", "10-00-00.snapshot")],
            chain.Entries.Select(e => e.Archive)
        );
        Assert.Equal(["nas second", "nas"], chain.Entries.Select(e => string.Join(' ', e.Copies.Select(c => c.Destination))));
        Assert.Equal($"{Chain}/{chain.Entries[1].Archive.Name}", again.PathOf(chain.Entries[1].Archive.Id!));
        Assert.Null(again.NewestOf(Database, null));
        Assert.Equal([Database], again.Databases());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File1));
    }

    [Fact]
    public async Task Concurrent_records_are_all_stored()
    {
        await using var catalog = Open();
        await Task.WhenAll(
            Enumerable
                .Range(0, 2000)
                .Select(i =>
                    catalog.RecordAsync(
                        $"fake/db{i}/2026-11-25-10-00-00.A-snapshot",
                        new("fake", $"db{i}"),
                        null,
                        Archive($"{i:D5}", null),
                        At("nas")
                    )
                )
        );
        Assert.Equal(2000, catalog.Databases().Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(4096)]
    public async Task A_damaged_catalog_is_recreated_and_the_old_file_is_kept(int at)
    {
        await using (var catalog = Open())
        {
            await catalog.RecordAsync(Chain, Database, null, Archive("10-00-00.snapshot", null), At("nas"));
        }
        var bytes = await File.ReadAllBytesAsync(File1, TestContext.Current.CancellationToken);
        bytes.AsSpan(at, 90).Fill(0xA5);
        await File.WriteAllBytesAsync(File1, bytes, TestContext.Current.CancellationToken);
        await using var again = Open();
        Assert.Null(again.Find(Chain));
        Assert.Null(again.Problem);
        Assert.True(File.Exists($"{File1}.damaged"));
        await again.RecordAsync(Chain, Database, null, Archive("10-00-00.snapshot", null), At("nas"));
        Assert.NotNull(again.Find(Chain));
    }

    [Fact]
    public async Task A_catalog_that_cannot_be_opened_is_kept_in_memory_and_reports_a_problem()
    {
        Directory.CreateDirectory(File1);
        await using var catalog = Open();
        await catalog.RecordAsync(Chain, Database, null, Archive("10-00-00.snapshot", null), At("nas"));
        Assert.NotNull(catalog.Find(Chain));
        Assert.Equal(ErrorCatalog.StateUnavailable, catalog.Problem?.Error);
    }

    [Fact]
    public async Task Missing_archives_are_reported_until_acknowledged_and_always_count_for_the_chain()
    {
        await using var catalog = Open();
        await catalog.RecordAsync(Chain, Database, "0123456789", Archive("10-00-00.snapshot", null), At("nas"));
        await catalog.RecordAsync(Chain, Database, "0123456789", Archive("11-00-00.incremental-backup", "10-00-00.snapshot"), At("nas"));
        Assert.Null(catalog.KnownProblemsOf("0123456789", Database));
        await catalog.RecordFindingsAsync(Database, "0123456789", [Found("11-00-00.incremental-backup", CopyState.Missing)]);
        Assert.Equal((0, 1), (Assert.Single(catalog.CopyProblems).Damaged, catalog.CopyProblems[0].Missing));
        var (destination, bad) = Assert.Single(catalog.KnownProblemsOf("0123456789", Database)!.Destinations);
        Assert.Equal(("nas", Time(10), Now), (destination, bad.LastGood, bad.Since));

        Assert.Equal(1, await catalog.AcknowledgeAsync("nas", null));
        Assert.Equal(0, Assert.Single(catalog.CopyProblems).Missing);
        Assert.NotNull(catalog.KnownProblemsOf("0123456789", Database));
        await catalog.RecordFindingsAsync(Database, "0123456789", [Found("11-00-00.incremental-backup", CopyState.Whole)]);
        Assert.Empty(catalog.CopyProblems);
        Assert.Null(catalog.KnownProblemsOf("0123456789", Database));
    }

    [Fact]
    public async Task A_restore_point_that_is_complete_at_another_destination_is_not_lost()
    {
        await using var catalog = Open();
        await catalog.RecordAsync(Chain, Database, null, Archive("10-00-00.snapshot", null), At("nas", "second"));
        await catalog.RecordFindingsAsync(Database, null, [Found("10-00-00.snapshot", CopyState.Damaged)]);
        var (destination, bad) = Assert.Single(catalog.KnownProblemsOf(null, Database)!.Destinations);
        Assert.Equal(("nas", null), (destination, bad.LastGood));
        Assert.Contains("It rots.", bad.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_chain_is_not_missing()
    {
        await using var catalog = Open();
        await catalog.RecordAsync(Chain, Database, null, Archive("10-00-00.snapshot", null), At("nas", "second"));
        await catalog.ForgetAsync("nas", Chain);
        await catalog.RecordFindingsAsync(Database, null, [Found("10-00-00.snapshot", CopyState.Missing)]);
        Assert.Empty(catalog.CopyProblems);
        Assert.Equal("second", Assert.Single(Assert.Single(catalog.Find(Chain)!.Entries).Copies).Destination);
        await catalog.ForgetAsync("second", Chain);
        Assert.Null(catalog.Find(Chain));
        Assert.Empty(catalog.Databases());
    }

    private static CopyLocation[] At(params string[] destinations) => [.. destinations.Select(d => new CopyLocation(d, null))];

    [Fact]
    public async Task A_chain_without_a_known_full_archive_has_no_complete_restore_point()
    {
        await using var catalog = Open();
        await catalog.RecordAsync(Chain, Database, null, Archive("11-00-00.incremental-backup", "10-00-00.snapshot"), At("nas"));
        Assert.Null(catalog.Find(Chain)!.NewestCompleteAt("nas"));
        await catalog.RecordAsync(Chain, Database, null, Archive("10-00-00.snapshot", null), At("nas"));
        Assert.Equal("2026-11-25-11-00-00.incremental-backup.tar.zst", catalog.Find(Chain)!.NewestCompleteAt("nas")!.Archive.Name);
    }

    private static CatalogArchive Archive(string name, string? parent) =>
        new()
        {
            Name = $"2026-11-25-{name}.tar.zst",
            Length = 1000 + name.Length,
            Id = Id(name),
            Chain = Id("10-00-00.snapshot"),
            Parent = parent is null ? null : Id(parent),
            Sha256 = Convert.ToBase64String(new byte[32]),
            ManifestSha256 = Convert.ToBase64String(new byte[32]),
            IndexLength = 100,
            IndexSha256 = Convert.ToBase64String(new byte[32]),
            Started = name.Length > 5 ? Time(int.Parse(name[..2], System.Globalization.CultureInfo.InvariantCulture)) : Now,
        };

    private static string Id(string name) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    private static DateTimeOffset Time(int hour) => new(2026, 11, 25, hour, 0, 0, TimeSpan.Zero);

    private static CopyFinding Found(string name, CopyState state) =>
        new()
        {
            Chain = Chain,
            Name = $"2026-11-25-{name}.tar.zst",
            Destination = "nas",
            State = state,
            At = Now,
            Problem = state == CopyState.Whole ? null : new("corrupt", "It rots.", null),
        };

    private CatalogStore Open() => CatalogStore.Open(File1, NullLogger<CatalogStore>.Instance, TimeProvider.System);
}
