using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>The file that tells other servers what is in the folder of a database.</summary>
public sealed class SharedCatalogTests : BucketNode
{
    private const string FileKey = "bucket/fake/a/.holdfast-catalog";

    private string Content => Encoding.UTF8.GetString([.. Store.Bucket().Objects[FileKey].Content.SelectMany(part => part.ToArray())]);

    [Fact]
    public async Task It_names_the_files_and_their_hashes_and_in_clear_only_the_ids_of_what_is_not_encrypted()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await BackUpAsync("a", BackupKind.Incremental);
        var (shared, _) = (await FindAsync())!.Value;
        var known = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        var chain = Assert.Single(shared.Chains);
        Assert.Equal(
            known.Entries.Select(e => (e.Archive.Name, e.Archive.Length, e.Archive.Sha256, e.Archive.IndexSha256)),
            chain.Archives.Select(a => (a.Name, a.Length, a.Sha256, a.IndexSha256))
        );
        Assert.Null(chain.Sealed);
        Assert.Equal(
            known.Entries.Select(e => (e.Archive.Id, e.Archive.Parent, e.Archive.ManifestSha256)),
            chain.Ids!.Archives.Select(a => ((string?)a.Id, a.Parent, a.Manifest))
        );
    }

    [Fact]
    public async Task Ids_and_manifests_of_encrypted_archives_are_sealed()
    {
        await CoverAsync("bucket");
        await BackUpEncryptedAsync(BackupKind.Full);
        await BackUpEncryptedAsync(BackupKind.Incremental);
        var known = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        foreach (var archive in known.Entries.Select(e => e.Archive))
        {
            Assert.DoesNotContain(archive.Id!, Content, StringComparison.Ordinal);
            Assert.DoesNotContain(archive.ManifestSha256!, Content, StringComparison.Ordinal);
            Assert.Contains(archive.Sha256!, Content.Replace("\\u002B", "+", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        var chain = (await FindAsync())!.Value.Content.Chains.Single();
        Assert.Null(await SharedCatalogFormat.FindIdsAsync(chain, AgeKeys.None, Token));
        Assert.Null(await SharedCatalogFormat.FindIdsAsync(chain, AgeKeys.None.Add(AgeIdentity.Generate()), Token));
        foreach (var key in (AgeIdentity[])[Key, Node.Settings.Key])
        {
            var ids = await SharedCatalogFormat.FindIdsAsync(chain, AgeKeys.None.Add(key), Token);
            Assert.Equal(known.Entries.Select(e => e.Archive.Id), ids!.Archives.Select(a => a.Id));
            // Without encryption, anyone could have written them.
            var forged = chain with { Sealed = null, Ids = ids };
            Assert.Null(await SharedCatalogFormat.FindIdsAsync(forged, AgeKeys.None.Add(key), Token));
            Assert.Null(await SharedCatalogFormat.FindIdsAsync(forged, AgeKeys.None, Token));
        }
    }

    [Fact]
    public void Ids_that_are_neither_encrypted_nor_readable_are_left_out()
    {
        var chain = new SharedChain { Name = "chain", Archives = [] };
        Assert.Equal(chain, SharedCatalogFormat.WithIds(chain, "{garbage"u8.ToArray()));
        Assert.Equal(chain, SharedCatalogFormat.WithIds(chain, "garbage"u8.ToArray()));
    }

    [Fact]
    public async Task When_another_server_has_replaced_it_the_folder_is_listed()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await ReplaceAsync("{\"format\":1}");
        var (operation, requests) = await CountAsync("a", BackupKind.Incremental); // is refused to replace it
        Assert.Equal(BackupKind.Incremental, operation.Result!.Kind);
        Assert.DoesNotContain(S3Operation.ListObjects, requests);
        Assert.Empty((await FindAsync())!.Value.Content.Chains);
        (operation, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Incremental, operation.Result!.Kind);
        Assert.Equal(1, requests.Count(r => r == S3Operation.ListObjects));
        Assert.Equal(3, (await FindAsync())!.Value.Content.Chains.Single().Archives.Count);
        await RestoresAsync();
    }

    [Fact]
    public async Task A_node_with_an_old_copy_of_its_data_does_not_extend_an_old_archive()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await StopAsync();
        File.Copy(CatalogFile, $"{Root}/old.db");
        File.Copy($"{Root}/state/state.db", $"{Root}/old-state.db");
        await StartAsync("bucket");
        await BackUpAsync("a", BackupKind.Incremental);
        await StopAsync();
        File.Copy($"{Root}/old.db", CatalogFile, overwrite: true);
        File.Copy($"{Root}/old-state.db", $"{Root}/state/state.db", overwrite: true);
        await StartAsync("bucket");
        await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal(3, Keys("bucket/fake/a/").Count(k => k.EndsWith(".tar.zst", StringComparison.Ordinal)));
        await RestoresAsync();
    }

    [Fact]
    public async Task It_is_deleted_with_the_last_chain()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await BackUpAsync("a", BackupKind.Full);
        foreach (var chain in Node.Catalog.ChainsOf(new("fake", "a")))
        {
            var shown = chain.Entries.ToDictionary(e => e.Archive.Name, e => e.Archive.Length, StringComparer.Ordinal);
            Assert.NotNull(await FindAsync());
            await Node.ChainRemoval.RemoveAsync("bucket", chain.Path, shown, Token);
        }
        Assert.Empty(Keys("bucket/fake/a/"));
    }

    [Theory]
    [InlineData("bucket")]
    [InlineData("disk")]
    public async Task It_does_not_name_a_chain_that_was_removed(string destination)
    {
        await CoverAsync(destination);
        await BackUpAsync("a", BackupKind.Full);
        await BackUpAsync("a", BackupKind.Full);
        await Node.Audit.CompareDestinationsAsync(() => { }, Token); // writes it to a disk
        var chains = Node.Catalog.ChainsOf(new("fake", "a"));
        Assert.Equal(chains.Select(c => c.Path), await NamedAsync(destination));
        var shown = chains[0].Entries.ToDictionary(e => e.Archive.Name, e => e.Archive.Length, StringComparer.Ordinal);
        await Node.ChainRemoval.RemoveAsync(destination, chains[0].Path, shown, Token);
        Assert.Equal([chains[1].Path], await NamedAsync(destination));
    }

    [Theory]
    [InlineData("bucket")]
    [InlineData("disk")]
    public async Task It_does_not_name_a_chain_that_retention_deleted_on_request(string destination)
    {
        await CoverAsync(destination);
        await BackUpAsync("a", BackupKind.Full);
        for (var i = 0; i < 3; i++)
        {
            Time.Advance(TimeSpan.FromDays(10));
            await BackUpAsync("a", BackupKind.Full);
        }
        Time.Advance(CatalogAudit.Interval);
        await Node.Audit.CompareDestinationsAsync(() => { }, Token);
        Assert.Equal(4, (await NamedAsync(destination)).Count);
        var template = Node.State.Templates.Find("0123456789")!.Value;
        var settings = template.Settings with { Retention = new(TimeSpan.FromDays(15)) };
        await Node.State.Templates.PutAsync(template.Id, template with { Settings = settings }, null, Token);
        await UntilAsync(() => Task.Settings.Retention is not null);
        var result = Assert.Single(await Node.RetentionService.RunAsync(Task, Token));
        Assert.NotEmpty(result.Deleted);
        Assert.Equal(Node.Catalog.ChainsOf(new("fake", "a")).Select(c => c.Path), await NamedAsync(destination));
    }

    [Fact]
    public async Task One_that_cannot_be_written_does_not_fail_the_backup()
    {
        await CoverAsync("bucket");
        Store.Fault = r => r.Key == FileKey && r.Operation == S3Operation.PutObject ? S3Fault.Error(403, "AccessDenied") : null;
        Assert.Null((await BackUpAsync("a", BackupKind.Full)).Error);
        Assert.Null((await BackUpAsync("a", BackupKind.Incremental)).Error);
        await RestoresAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>log in</html>")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"format\":0}")]
    [InlineData("{\"format\":1,\"chains\":null}")]
    [InlineData("{\"format\":1,\"chains\":[null]}")]
    [InlineData("{\"format\":1,\"chains\":[{\"name\":\"../x\"}]}")]
    [InlineData("{\"format\":1,\"chains\":[{\"name\":\"2026-11-25-10-00-00.A-backup\",\"archives\":[{\"name\":\"../x\",\"length\":1}]}]}")]
    [InlineData(
        "{\"format\":1,\"chains\":[{\"name\":\"2026-11-25-10-00-00.A-backup\",\"archives\":["
            + "{\"name\":\"2026-11-25-10-00-00.full-backup.tar.zst\",\"length\":-1}]}]}"
    )]
    public async Task A_damaged_one_is_an_error_and_never_an_empty_folder(string content)
    {
        await CoverAsync("bucket");
        await ReplaceAsync(content);
        var error = await Assert.ThrowsAsync<HoldfastException>(FindAsync);
        Assert.Equal(ErrorCatalog.Corrupt, error.Error);
    }

    [Fact]
    public async Task One_of_a_newer_program_is_ignored()
    {
        await CoverAsync("bucket");
        await ReplaceAsync("{\"format\":2,\"chains\":\"otherwise\"}");
        Assert.Null(await FindAsync());
    }

    private async Task<(SharedCatalog Content, string? Version)?> FindAsync()
    {
        await using var destination = await Node.Destinations.OpenAsync("bucket", Token);
        return await SharedCatalog.FindAsync(destination, "fake/a", Token);
    }

    private async Task<IReadOnlyList<string>> NamedAsync(string name)
    {
        await using var destination = await Node.Destinations.OpenAsync(name, Token);
        return [.. (await SharedCatalog.FindAsync(destination, "fake/a", Token))!.Value.Content.Chains.Select(c => $"fake/a/{c.Name}")];
    }

    private async Task ReplaceAsync(string content)
    {
        await using var destination = await Node.Destinations.OpenAsync("bucket", Token);
        await destination.ReplaceAsync(SharedCatalog.PathOf(new("fake", "a")), Encoding.UTF8.GetBytes(content), null, Token);
    }
}
