using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>A lost catalog is rebuilt from a destination alone.</summary>
public sealed class CatalogRebuildTests : BucketNode
{
    [Theory]
    [InlineData("bucket", true)]
    [InlineData("bucket", false)]
    [InlineData("disk", false)]
    public async Task A_lost_catalog_is_rebuilt_and_the_next_incremental_continues_the_chain(string destination, bool isShared)
    {
        await CoverAsync(destination);
        await ThreeAsync("a");
        var before = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        if (!isShared)
        {
            Delete(Keys("bucket/").Where(k => k.EndsWith(".holdfast-catalog", StringComparison.Ordinal)));
        }
        await LoseCatalogAsync(destination);
        Assert.Equal(new(2, 6, 6, isShared ? 6 : 0, 0), (await RebuildAsync(destination)).Result!.Catalog);

        var after = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        Assert.Equal(
            before.Entries.Select(e => (e.Archive.Name, e.Archive.Id, e.Archive.Parent, e.Archive.ManifestSha256)),
            after.Entries.Select(e => (e.Archive.Name, e.Archive.Id, e.Archive.Parent, e.Archive.ManifestSha256))
        );
        Assert.Equal(isShared, after.Entries[0].Archive.Sha256 == before.Entries[0].Archive.Sha256);
        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.Completed, BackupKind.Incremental), (next.State, next.Result!.Kind));
        Assert.Empty(Node.Catalog.CopyProblems);
        await RestoresAsync();
    }

    [Fact]
    public async Task A_verification_after_that_records_the_hashes_and_finds_nothing_damaged()
    {
        await CoverAsync("disk");
        await ThreeAsync("a");
        var before = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        await LoseCatalogAsync("disk");
        await RebuildAsync("disk");
        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Null(verified.Error);
        Assert.Equal(
            before.Entries.Select(e => (e.Archive.Sha256, e.Archive.IndexSha256)),
            Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Select(e => (e.Archive.Sha256, e.Archive.IndexSha256))
        );
    }

    [Fact]
    public async Task A_shared_catalog_that_is_damaged_or_wrong_is_a_problem_and_the_listing_wins()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var archive = Keys("bucket/fake/a/").First(k => k.EndsWith("incremental-backup.tar.zst", StringComparison.Ordinal));
        Delete([archive]); // it is still named
        Store.Bucket().Objects["bucket/fake/b/.holdfast-catalog"] = Store.Bucket().Objects[Keys("bucket/fake/b/").Last()];
        await LoseCatalogAsync("bucket");
        var result = (await RebuildAsync("bucket")).Result!;
        Assert.Equal(new(2, 5, 5, 2, 1), result.Catalog);
        Assert.Contains("is damaged", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.DoesNotContain(Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries, e =>
            archive.EndsWith(e.Archive.Name, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task What_an_archive_says_itself_wins_over_a_forged_file()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var before = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        await ChangeAsync("a", c =>
            c with
            {
                Ids = c.Ids! with { Archives = [.. c.Ids.Archives.Select(a => a with { Id = new('a', 32), Parent = null })] },
            }
        );
        await LoseCatalogAsync("bucket");
        var result = (await RebuildAsync("bucket")).Result!;
        Assert.Equal(new(2, 6, 6, 3, 3), result.Catalog);
        Assert.All(result.Warnings, w => Assert.Contains("which it is not", w, StringComparison.Ordinal));
        var after = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        Assert.Equal(before.Entries.Select(e => e.Archive.Id), after.Entries.Select(e => e.Archive.Id));
        Assert.All(after.Entries, e => Assert.Null(e.Archive.Sha256)); // it is not believed in anything
        await RestoresAsync();
        await BackUpAsync("a", BackupKind.Incremental);
        await using var destination = await Node.Destinations.OpenAsync("bucket", Token);
        var (content, _) = (await SharedCatalog.FindAsync(destination, "fake/a", Token))!.Value;
        Assert.Equal(before.Entries.Select(e => e.Archive.Id), content.Chains.Single().Ids!.Archives.Take(3).Select(a => a.Id));
    }

    [Fact]
    public async Task The_ids_of_archives_that_no_key_opens_are_taken_from_the_file_if_a_key_opens_that()
    {
        await CoverAsync("bucket");
        await BackUpEncryptedAsync(BackupKind.Full);
        await BackUpEncryptedAsync(BackupKind.Incremental);
        var before = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Select(e => e.Archive).ToList();
        await LoseCatalogAsync("bucket");
        // The node's own key opens the indexes and the ids, not the archives.
        Assert.Equal(new(1, 2, 2, 2, 0), (await RebuildAsync("bucket")).Result!.Catalog);
        Assert.Equal(before, Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Select(e => e.Archive));
        await LoseCatalogAsync("bucket");
        Delete(Keys("bucket/").Where(k => k.EndsWith(SharedCatalog.FileName, StringComparison.Ordinal)));
        Assert.Equal(new(1, 2, 0, 0, 0), (await RebuildAsync("bucket")).Result!.Catalog);
        var read = await RebuildAsync("bucket", Key.ToSecretKey());
        Assert.True(read.Request!.KeysGiven);
        Assert.Equal(new(1, 2, 2, 0, 0), read.Result!.Catalog);
        Assert.Equal(
            before.Select(a => (a.Name, a.Id, a.Parent, a.ManifestSha256)),
            Node.Catalog.ChainsOf(new("fake", "a"))
                .Single()
                .Entries.Select(e => (e.Archive.Name, e.Archive.Id, e.Archive.Parent, e.Archive.ManifestSha256))
        );
    }

    [Fact]
    public async Task An_archive_that_cannot_be_opened_is_recorded_as_damaged()
    {
        await CoverAsync("disk");
        await ThreeAsync("a");
        Flip(Archives("disk", "a")[1], (int)new FileInfo(Archives("disk", "a")[1]).Length - 3);
        await LoseCatalogAsync("disk");
        var result = (await RebuildAsync("disk")).Result!;
        Assert.Equal((6, 1), (result.Catalog!.Archives, result.Catalog.Problems));
        Assert.Equal(CopyState.Damaged, Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries[1].CopyAt("disk")!.State);
        Assert.Equal(BackupKind.Full, (await BackUpAsync("a", BackupKind.Incremental)).Result!.Kind);
    }

    [Fact]
    public async Task What_the_catalog_knows_stays_and_a_hash_that_it_lacks_is_added()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var before = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        var hints = Keys("bucket/").Where(k => k.EndsWith(SharedCatalog.FileName, StringComparison.Ordinal)).ToList();
        var kept = hints.ToDictionary(k => k, k => Store.Bucket().Objects[k]);
        Delete(hints);
        await LoseCatalogAsync("bucket");
        Assert.Equal(new(2, 6, 6, 0, 0), (await RebuildAsync("bucket")).Result!.Catalog);
        foreach (var (key, content) in kept)
        {
            Store.Bucket().Objects[key] = content;
        }
        Store.ResetRequests();
        Assert.Equal(new(2, 6, 6, 6, 0), (await RebuildAsync("bucket")).Result!.Catalog);
        Assert.Equal(2, Store.Count(S3Operation.GetObject)); // no archive is opened again
        var after = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        Assert.Equal(before.Entries.Select(e => e.Archive), after.Entries.Select(e => e.Archive));
        Assert.Equal(new(2, 6, 6, 6, 0), (await RebuildAsync("bucket")).Result!.Catalog);
    }

    [Fact]
    public async Task Without_hashes_copies_are_repaired_only_where_nothing_has_to_be_replaced()
    {
        await CoverAsync("disk", "disk2");
        await ThreeAsync("a");
        await LoseCatalogAsync("disk");
        await RebuildAsync("disk");
        await RebuildAsync("disk2");
        File.Delete(Archives("disk2", "a")[1]);
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Node.StartRepairs();
        await UntilAsync(() => Node.Operations.All.Any(o => o is { Kind: OperationKind.Repair, HasEnded: true }));
        Assert.Equal(File.ReadAllBytes(Archives("disk", "a")[1]), File.ReadAllBytes(Archives("disk2", "a")[1]));
        await Node.Audit.CompareDestinationsAsync(() => { }, Token);
        Assert.Empty(Node.Catalog.CopyProblems);
        await RestoresAsync();
    }

    [Fact]
    public async Task A_key_that_no_path_can_name_does_not_disturb_a_rebuild()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var archive = Keys("bucket/fake/a/").First(k => k.EndsWith(".tar.zst", StringComparison.Ordinal));
        Store.Bucket().Objects[archive.Replace("bucket/fake/", "bucket/../", StringComparison.Ordinal)] = Store.Bucket().Objects[archive];
        await LoseCatalogAsync("bucket");
        Assert.Equal(new(2, 6, 6, 6, 0), (await RebuildAsync("bucket")).Result!.Catalog);
        await RestoresAsync();
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("audit")]
    [InlineData("retention")]
    public async Task What_a_server_does_before_its_catalog_is_rebuilt_loses_no_hash_and_no_id(string before)
    {
        await CoverAsync("bucket");
        await BackUpEncryptedAsync(BackupKind.Full);
        await BackUpEncryptedAsync(BackupKind.Incremental);
        var known = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Select(e => e.Archive).ToList();
        await LoseCatalogAsync("bucket");
        if (before == "backup")
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await BackUpAsync("a", BackupKind.Full);
        }
        else if (before == "audit")
        {
            await Node.Audit.CompareDestinationsAsync(() => { }, Token);
        }
        else
        {
            await Node.RetentionService.RunAsync(Node.Tasks.Of(new("fake", "a")).Single(), Token);
        }
        await RebuildAsync("bucket");
        var rebuilt = Node
            .Catalog.ChainsOf(new("fake", "a"))
            .SelectMany(c => c.Entries)
            .Select(e => e.Archive)
            .Where(a => known.Any(k => k.Name == a.Name));
        Assert.Equal(known.Select(a => (a.Name, a.Id, a.Sha256)), rebuilt.Select(a => (a.Name, a.Id, a.Sha256)));
    }

    [Fact]
    public async Task A_chain_that_is_deleted_after_it_was_listed_is_not_recorded()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        await LoseCatalogAsync("bucket");
        Store.Fault = r =>
        {
            if (r.Operation == S3Operation.ListObjects && r.Value("prefix").StartsWith("bucket/fake/a/", StringComparison.Ordinal))
            {
                Delete(Keys("bucket/fake/a/"));
            }
            return null;
        };
        Assert.Equal(new(2, 3, 3, 3, 0), (await RebuildAsync("bucket")).Result!.Catalog);
        Store.Fault = null;
        Assert.Empty(Keys("bucket/fake/a/"));
        Assert.Empty(Node.Catalog.ChainsOf(new("fake", "a")));
    }

    [Fact]
    public async Task A_whole_copy_that_no_key_opens_is_not_taken_for_missing_because_another_one_is_shorter()
    {
        await CoverAsync("bucket", "disk");
        await BackUpEncryptedAsync(BackupKind.Full);
        var archive = Directory.GetFiles($"{Root}/disk/fake/a", "*.age", SearchOption.AllDirectories).Single(f => f.EndsWith(".zst.age"));
        await using (var file = File.OpenWrite(archive))
        {
            file.SetLength(file.Length - 1);
        }
        foreach (var hint in Directory.GetFiles($"{Root}/disk", SharedCatalog.FileName, SearchOption.AllDirectories))
        {
            File.Delete(hint);
        }
        Delete(Keys("bucket/").Where(k => k.EndsWith(SharedCatalog.FileName, StringComparison.Ordinal)));
        await LoseCatalogAsync("bucket");
        Assert.Equal(new(1, 1, 0, 0, 0), (await RebuildAsync("disk")).Result!.Catalog);
        Assert.Equal(new(1, 1, 0, 0, 0), (await RebuildAsync("bucket")).Result!.Catalog);
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        await Node.Audit.CompareDestinationsAsync(() => { }, Token);
        var entry = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Single();
        Assert.Equal(CopyState.Whole, entry.CopyAt("bucket")!.State);
    }

    [Fact]
    public async Task A_destination_that_cannot_be_listed_is_an_error()
    {
        await CoverAsync("bucket");
        Store.Fault = r => r.Operation == S3Operation.ListObjects ? S3Fault.Says("<html>log in</html>") : null;
        var ended = await EndedAsync(Node.Rebuilding.Rebuild(new("bucket", []), "tester"));
        Assert.Equal(OperationState.Failed, ended.State);
        Assert.StartsWith("Destination 'bucket' failed after 0 databases: ", ended.Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bucket")]
    [InlineData("disk")]
    public async Task A_destination_that_is_gone_in_the_middle_is_an_error_and_what_was_recorded_stays(string destination)
    {
        await CoverAsync(destination);
        await ThreeAsync("a");
        await LoseCatalogAsync(destination);
        if (destination == "bucket")
        {
            Store.Fault = r => r.Key.StartsWith("bucket/fake/b/", StringComparison.Ordinal) ? S3Fault.Error(503, "SlowDown") : null;
        }
        else
        {
            // The first folder is recorded before the second is listed.
            var isUnplugged = false;
            Node.Catalog.Changed += () =>
            {
                if (!Interlocked.Exchange(ref isUnplugged, true))
                {
                    Directory.Move($"{Root}/disk", $"{Root}/unplugged");
                }
            };
        }
        var ended = await EndedAsync(Node.Rebuilding.Rebuild(new(destination, []), "tester"));
        Assert.Equal(OperationState.Failed, ended.State);
        Assert.StartsWith($"Destination '{destination}' failed after 1 databases: ", ended.Error!.Message, StringComparison.Ordinal);
        Assert.StartsWith("What was recorded stays.", ended.Error.Hint, StringComparison.Ordinal);
        // A folder is not listed in any order.
        Assert.Equal(3, new[] { "a", "b" }.SelectMany(d => Node.Catalog.ChainsOf(new("fake", d))).Sum(c => c.Entries.Count));
        Store.Fault = null;
        if (destination == "disk")
        {
            Directory.Move($"{Root}/unplugged", $"{Root}/disk");
        }
        Assert.Equal((2, 6, 6), Counts(await RebuildAsync(destination)));
    }

    [Fact]
    public async Task One_archive_that_is_refused_is_a_problem_of_that_archive()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        Delete(Keys("bucket/").Where(k => k.EndsWith(SharedCatalog.FileName, StringComparison.Ordinal)));
        await LoseCatalogAsync("bucket");
        var refused = Keys("bucket/fake/a/").First(k => k.EndsWith(".tar.zst", StringComparison.Ordinal));
        Store.Fault = r => r.Key == refused && r.Operation == S3Operation.GetObject ? S3Fault.Error(403, "AccessDenied") : null;
        var result = (await RebuildAsync("bucket")).Result!;
        Assert.Equal(new(2, 6, 5, 0, 1), result.Catalog);
        Assert.Contains(refused["bucket/".Length..], Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Empty(Node.Catalog.CopyProblems); // that is not damage
    }

    [Fact]
    public async Task An_abort_in_the_middle_loses_nothing_and_a_second_one_continues()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        await LoseCatalogAsync("bucket");
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        Store.Fault = r =>
        {
            if (r.Key == "bucket/fake/b/.holdfast-catalog")
            {
                reached.TrySetResult();
                go.Task.GetAwaiter().GetResult();
            }
            return null;
        };
        var running = Node.Rebuilding.Rebuild(new("bucket", []), "tester");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        try
        {
            await UntilAsync(() => running.Current.Progress.Items == 3);
            Assert.Equal(("reading", "bucket"), (running.Current.Phase, running.Current.Subject));
            Assert.Equal(running.Id, Node.Rebuilding.Rebuild(new("bucket", []), "another").Id); // only one at a time
            var error = Assert.Throws<HoldfastException>(() => Node.Rebuilding.Rebuild(new("bucket", [Key.ToSecretKey()]), "another"));
            Assert.Equal(ErrorCatalog.NotAllowed, error.Error);
            await running.AbortAsync("tester", null);
        }
        finally
        {
            go.SetResult();
        }
        var ended = await EndedAsync(running);
        Assert.Equal((OperationState.Aborted, ErrorCatalog.Aborted.Code), (ended.State, ended.Error!.Code));
        var log = string.Join('\n', Node.Operations.LogOf(running.Id));
        Assert.Contains("fake/a: 3 archives, 3 of them with ids", log, StringComparison.Ordinal);
        Assert.Equal(3, Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Count);
        Store.Fault = null;
        Assert.Equal((2, 6, 6), Counts(await RebuildAsync("bucket")));
    }

    [Fact]
    public async Task A_queued_one_survives_a_restart()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var queued = new Operation
        {
            Id = "1",
            Kind = OperationKind.RebuildCatalog,
            State = OperationState.Queued,
            Destination = "bucket",
            Node = "A",
            Created = Time.GetUtcNow(),
            AskedBy = "tester",
            Request = new(),
        };
        Node.State.Operations.Set(queued.Id, queued);
        await StopAsync();
        await StartAsync("bucket");
        await UntilAsync(() => Node.Operations.Find(queued.Id) is { HasEnded: true });
        Assert.Equal((2, 6, 6), Counts(Node.Operations.Find(queued.Id)!));
    }

    private static (int, int, int) Counts(Operation operation) =>
        (operation.Result!.Catalog!.Databases, operation.Result.Catalog.Archives, operation.Result.Catalog.Identified);

    private async Task LoseCatalogAsync(string destination)
    {
        await StopAsync();
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(CatalogFile)!, "catalog.db*"))
        {
            File.Delete(file);
        }
        await StartAsync(destination);
    }

    private async Task<Operation> RebuildAsync(string destination, params string[] keys)
    {
        var ended = await EndedAsync(Node.Rebuilding.Rebuild(new(destination, keys), "tester"));
        Assert.Null(ended.Error);
        Assert.Equal(OperationState.Completed, ended.State);
        return ended;
    }

    private async Task ChangeAsync(string database, Func<SharedChain, SharedChain> change)
    {
        await using var destination = await Node.Destinations.OpenAsync("bucket", Token);
        var (content, _) = (await SharedCatalog.FindAsync(destination, $"fake/{database}", Token))!.Value;
        var changed = SharedCatalogFormat.Write(content with { Chains = [.. content.Chains.Select(change)] });
        await destination.ReplaceAsync(SharedCatalog.PathOf(new("fake", database)), changed, null, Token);
    }
}
