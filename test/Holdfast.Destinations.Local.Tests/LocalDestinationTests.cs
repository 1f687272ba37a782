using Holdfast.Core.Errors;
using Holdfast.Destinations.Contract;

namespace Holdfast.Destinations.Local.Tests;

public sealed class LocalDestinationTests : DestinationContract
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_deleted()
    {
        Directory.CreateDirectory(Path.Combine(_root, "dead", "folder"));
        await File.WriteAllTextAsync(Path.Combine(_root, "dead", "folder", "file.partial"), "half", Token);
        await using var destination = LocalDestination.Open(Path.Combine(_root, "dead"), create: false);
        await destination.DeleteAsync("folder/file.partial", Token);
        Assert.False(Path.Exists(Path.Combine(_root, "dead", "folder")));
    }

    [Fact]
    public async Task A_deletion_that_was_given_up_deletes_nothing()
    {
        Directory.CreateDirectory(Path.Combine(_root, "chain"));
        await File.WriteAllTextAsync(Path.Combine(_root, "chain", "file"), "contents", Token);
        await using var destination = LocalDestination.Open(_root, create: false);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            destination.DeleteAsync("chain/file", new CancellationToken(canceled: true))
        );
        Assert.True(File.Exists(Path.Combine(_root, "chain", "file")));
    }

    [Fact]
    public async Task Where_a_file_system_has_no_hard_links_a_name_that_is_taken_stays_as_it_is()
    {
        var (partial, full) = (Path.Combine(_root, "file.partial"), Path.Combine(_root, "file"));
        await File.WriteAllTextAsync(partial, "new", Token);
        await File.WriteAllTextAsync(full, "old", Token);
        Assert.False(Posix.RenameNoReplaceFallback(partial, full));
        Assert.Equal("old", await File.ReadAllTextAsync(full, Token));
        File.Delete(full);
        Assert.True(Posix.RenameNoReplaceFallback(partial, full));
        Assert.Equal("new", await File.ReadAllTextAsync(full, Token));
        Assert.False(File.Exists(partial));
    }

    [Fact]
    public async Task Only_its_owner_can_read_an_archive()
    {
        await using var destination = LocalDestination.Open(_root, create: false);
        await using var upload = await destination.BeginUploadAsync("file", Token);
        await destination.PublishAsync([upload], Token);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_root, "file")));
    }

    [Fact]
    public async Task Uploads_that_take_a_folder_from_one_another_find_the_name_taken_and_nothing_else()
    {
        var root = Directory.CreateDirectory(Path.Combine(_root, "shared")).FullName;
        // Each has an opening of its own, as two processes have.
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            await using var destination = LocalDestination.Open(root, create: false);
                            for (var i = 0; i < 1000; i++)
                            {
                                try
                                {
                                    await (await destination.BeginUploadAsync("database/chain/file", Token)).DisposeAsync();
                                }
                                catch (HoldfastException e) when (e.Error == ErrorCatalog.TargetExists)
                                {
                                    // another one writes it, or has just removed the folder
                                }
                            }
                        },
                        Token
                    )
                )
        );
        Assert.Empty(Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_root_that_vanished_is_told_and_not_made_again()
    {
        var root = Path.Combine(_root, "mount");
        await using var destination = LocalDestination.Open(root, create: true);
        Directory.Delete(root, recursive: true);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => destination.BeginUploadAsync("a/b", Token));
        Assert.Equal(ErrorCatalog.DestinationFailed, failure.Error);
        Assert.Contains("vanished", failure.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(root));
    }

    [Fact]
    public void A_root_whose_parent_is_missing_is_not_made()
    {
        var failure = Assert.Throws<HoldfastException>(() => LocalDestination.Open(Path.Combine(_root, "no", "such"), create: true));
        Assert.Equal(ErrorCatalog.DestinationFailed, failure.Error);
    }

    [Fact]
    public async Task Free_space_is_told()
    {
        await using var destination = LocalDestination.Open(_root, create: false);
        Assert.InRange((await destination.FreeBytesAsync(Token)).GetValueOrDefault(), 1, long.MaxValue);
    }

    [Fact]
    public async Task A_slash_at_the_end_of_its_path_defeats_no_guard()
    {
        var root = Path.Combine(_root, "mount");
        await using var destination = LocalDestination.Open($"{root}//", create: true);
        Assert.Equal(root, destination.Name);
        Directory.Delete(root, recursive: true);
        await Assert.ThrowsAsync<HoldfastException>(() => destination.BeginUploadAsync("a/b", Token));
        Assert.False(Path.Exists(root));
    }

    [Fact]
    public async Task A_root_that_is_made_gets_an_identity_and_one_that_was_there_is_left_as_it_is()
    {
        await using var made = LocalDestination.Open(Path.Combine(_root, "made"), create: true);
        Assert.True(DestinationIdentity.IsId(await new LocalDriver().FindIdentityAsync(made.Name, Token)));
        Directory.CreateDirectory(Path.Combine(_root, "there"));
        await using var there = LocalDestination.Open(Path.Combine(_root, "there"), create: true);
        Assert.Empty(Directory.GetFileSystemEntries(there.Name));
    }

    [Fact]
    public async Task What_lost_its_identity_shows_nothing_takes_nothing_and_deletes_nothing()
    {
        var root = Path.Combine(_root, "known");
        var id = await new LocalDriver().InitializeAsync(root, Token);
        await using var destination = LocalDestination.OpenWithIdentity(root, id);
        await using var upload = await destination.BeginUploadAsync("a/b", Token);
        File.Move(Path.Combine(root, DestinationIdentity.FileName), Path.Combine(_root, "away"));
        Func<Task>[] calls =
        [
            () => destination.CheckIdentityAsync(Token),
            async () => await destination.ListAsync("", Token).GetAsyncEnumerator(Token).MoveNextAsync(),
            () => destination.BeginUploadAsync("c/d", Token),
            () => destination.PublishAsync([upload], Token),
            () => destination.OpenAsync("a/b", Token),
            () => destination.DeleteAsync("a/b", Token),
            () => destination.FreeBytesAsync(Token),
            () => Task.FromResult(LocalDestination.OpenWithIdentity(root, id)),
        ];
        foreach (var call in calls)
        {
            Assert.Equal(ErrorCatalog.DestinationIdentity, (await Assert.ThrowsAsync<HoldfastException>(call)).Error);
        }
        Assert.False(Directory.Exists(Path.Combine(root, "c")));

        File.Move(Path.Combine(_root, "away"), Path.Combine(root, DestinationIdentity.FileName));
        await destination.PublishAsync([upload], Token);
        Assert.True(File.Exists(Path.Combine(root, "a", "b")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task What_is_moved_away_while_it_is_written_is_not_reported_as_published(int files)
    {
        await using var destination = LocalDestination.Open(_root, create: false);
        var uploads = new List<IUpload>();
        for (var i = 0; i < files; i++)
        {
            uploads.Add(await destination.BeginUploadAsync($"folder/{i}", Token));
        }
        Directory.Move(Path.Combine(_root, "folder"), Path.Combine(_root, "away"));
        Directory.CreateDirectory(Path.Combine(_root, "folder"));
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => destination.PublishAsync(uploads, Token));
        Assert.Contains("remounted", failure.Message, StringComparison.Ordinal);
        foreach (var upload in uploads)
        {
            await upload.DisposeAsync();
        }
    }

    protected override ValueTask<IDestination> OpenAsync() => new(LocalDestination.Open(Path.Combine(_root, "contract"), create: true));
}
