using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Contract;

/// <summary>
/// The guarantees of every destination. Tests of an implementation derive from this class; it is complete when all tests pass.
/// </summary>
public abstract class DestinationContract : IAsyncLifetime
{
    private IDestination? _destination;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Whether a store replaces an object at once: every one does that is used for anything but tests.</summary>
    protected virtual bool ReplacesAtomically => true;

    private IDestination Destination => _destination ?? throw new InvalidOperationException("not opened");

    public async ValueTask InitializeAsync() => _destination = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_destination is not null)
        {
            await _destination.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_published_file_has_random_access()
    {
        var bytes = Bytes(3_000_000);
        await PublishAsync("a/b/file", bytes);
        await using var file = await Destination.OpenAsync("a/b/file", Token);
        Assert.Equal(bytes.Length, file.Length);
        var middle = new byte[1_000_000];
        await file.ReadAsync(999_999, middle, Token);
        Assert.Equal(bytes[999_999..1_999_999], middle);
        var whole = new byte[bytes.Length];
        await file.ReadAsync(0, whole, Token);
        Assert.Equal(bytes, whole);
    }

    [Fact]
    public async Task An_empty_file_is_a_file()
    {
        await PublishAsync("empty", []);
        Assert.Equal(["empty"], await NamesAsync(""));
        await using var file = await Destination.OpenAsync("empty", Token);
        Assert.Equal(0, file.Length);
    }

    [Fact]
    public async Task A_file_is_not_visible_before_it_is_published()
    {
        await using var upload = await Destination.BeginUploadAsync("folder/file", Token);
        await upload.WriteAsync(Bytes(100_000), Token);
        Assert.DoesNotContain("file", await NamesAsync("folder"));
        await AssertFailsAsync(ErrorCatalog.NotFound, () => Destination.OpenAsync("folder/file", Token));
        await Destination.PublishAsync([upload], Token);
        Assert.Equal(["file"], await NamesAsync("folder"));
    }

    [Fact]
    public async Task An_abandoned_upload_leaves_nothing_behind()
    {
        await using (var upload = await Destination.BeginUploadAsync("gone/deep/file", Token))
        {
            await upload.WriteAsync(Bytes(10), Token);
        }
        Assert.Empty(await NamesAsync("gone/deep"));
        Assert.Empty(await NamesAsync(""));
    }

    [Fact]
    public async Task A_taken_path_is_refused_and_unchanged()
    {
        await PublishAsync("file", [1, 2, 3]);
        await AssertFailsAsync(ErrorCatalog.TargetExists, () => PublishAsync("file", [4])); // when it begins, or when it is published
        Assert.Equal([1, 2, 3], await ReadAsync("file"));
    }

    [Fact]
    public async Task The_second_of_two_uploads_to_one_path_is_refused()
    {
        await using var first = await Destination.BeginUploadAsync("file", Token);
        await AssertFailsAsync(ErrorCatalog.TargetExists, () => Destination.BeginUploadAsync("file", Token));
        await first.WriteAsync(new byte[] { 7 }, Token);
        await Destination.PublishAsync([first], Token);
        Assert.Equal([7], await ReadAsync("file"));
    }

    [Fact]
    public async Task Several_files_are_published_together()
    {
        var uploads = new List<IUpload>();
        for (var i = 0; i < 20; i++)
        {
            uploads.Add(await Destination.BeginUploadAsync($"set/{i:D2}", Token));
            await uploads[i].WriteAsync(new[] { (byte)i }, Token);
        }

        await Destination.PublishAsync(uploads, Token);
        foreach (var upload in uploads)
        {
            await upload.DisposeAsync();
        }
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i:D2}"), await NamesAsync("set"));
        Assert.Equal([13], await ReadAsync("set/13"));
    }

    [Fact]
    public async Task Concurrent_publications_all_succeed()
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 200),
            new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = Token },
            async (i, _) => await PublishAsync($"many/{i % 10}/{i:D3}", [(byte)i])
        );
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal([(byte)i], await ReadAsync($"many/{i % 10}/{i:D3}"));
        }
    }

    [Fact]
    public async Task A_folder_lists_its_files_and_folders_in_order()
    {
        await PublishAsync("list/b", [1]);
        await PublishAsync("list/a/inner", [1, 2]);
        await PublishAsync("list/C", [1, 2, 3]);
        var entries = new List<DestinationEntry>();
        await foreach (var entry in Destination.ListAsync("list", Token))
        {
            entries.Add(entry);
        }
        Assert.Equal([new("C", false, 3), new("a", true, 0), new("b", false, 1)], entries.Select(e => e with { Modified = null }));
        Assert.All(entries, e => Assert.Equal(e.IsFolder, e.Modified is null));
    }

    [Fact]
    public async Task A_folder_is_listed_with_all_files_below_it()
    {
        await PublishAsync("tree/a-b", [1]);
        await PublishAsync("tree/a/inner/file", [1, 2]);
        await PublishAsync("tree/b", []);
        await PublishAsync("tree2/other", [1]);
        var found = new List<(string, long)>();
        await foreach (var entry in Destination.ListTreeAsync("tree", Token))
        {
            found.Add((entry.Name, entry.Length));
        }
        found.Sort();
        Assert.Equal([("a-b", 1), ("a/inner/file", 2), ("b", 0)], found);
    }

    [Fact]
    public async Task A_published_file_is_found_with_its_length_and_time()
    {
        await PublishAsync("find/me", [1, 2, 3]);
        var entry = await Destination.FindAsync("find/me", Token);
        Assert.Equal(new("me", false, 3), entry! with { Modified = null, Version = null });
        Assert.NotNull(entry.Modified);
        Assert.Null(await Destination.FindAsync("find/other", Token));
        Assert.Null(await Destination.FindAsync("find", Token));
    }

    [Fact]
    public async Task Publishing_returns_what_the_destination_confirmed()
    {
        await using var upload = await Destination.BeginUploadAsync("file", Token);
        await upload.WriteAsync(Bytes(70_000), Token);
        var file = Assert.Single(await Destination.PublishAsync([upload], Token));
        Assert.Equal(("file", 70_000), (file.Path, file.Length));
    }

    [Fact]
    public async Task A_range_is_read_as_a_stream()
    {
        var bytes = Bytes(2_000_000);
        await PublishAsync("file", bytes);
        await using var file = await Destination.OpenAsync("file", Token);
        await using var stream = await file.OpenReadAsync(500_001, 1_000_000, Token);
        var read = new byte[1_000_000];
        await stream.ReadExactlyAsync(read, Token);
        Assert.Equal(bytes[500_001..1_500_001], read);
        Assert.Equal(0, await stream.ReadAsync(new byte[10], Token));
    }

    [Fact]
    public async Task Several_files_are_deleted_together()
    {
        for (var i = 0; i < 30; i++)
        {
            await PublishAsync($"gone/{i:D2}", [1]);
        }
        await PublishAsync("gone/stays", [1]);
        var paths = Enumerable.Range(0, 30).Select(i => $"gone/{i:D2}").Append("gone/never-was").ToList();
        Assert.Empty(await Destination.DeleteManyAsync(paths, Token));
        Assert.Equal(["stays"], await NamesAsync("gone"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8 << 20)]
    [InlineData((8 << 20) + 1)]
    [InlineData(20_000_000)]
    public async Task A_file_of_any_size_is_stored_whole(int length)
    {
        var bytes = Bytes(length);
        await PublishAsync("file", bytes);
        Assert.Equal(bytes, await ReadAsync("file"));
    }

    [Fact]
    public async Task A_large_upload_that_is_abandoned_leaves_nothing_unfinished()
    {
        await using (var upload = await Destination.BeginUploadAsync("folder/large", Token))
        {
            await upload.WriteAsync(Bytes(20_000_000), Token);
        }
        Assert.Empty(await NamesAsync(""));
        await foreach (var unfinished in Destination.ListUnfinishedAsync(Token))
        {
            Assert.Fail($"{unfinished.Path} is left");
        }
    }

    [Fact]
    public async Task A_small_file_is_created_read_and_replaced()
    {
        Assert.Null(await Destination.ReadSmallFileAsync("folder/.holdfast-file", 100, Token));
        await Destination.ReplaceAsync("folder/.holdfast-file", new byte[] { 1, 2 }, null, Token);
        var second = await Destination.ReplaceAsync("folder/.holdfast-file", new byte[] { 3 }, null, Token);
        var file = await Destination.ReadSmallFileAsync("folder/.holdfast-file", 100, Token);
        Assert.Equal([3], file!.Bytes.ToArray());
        Assert.Equal(second, file.Version);
        Assert.Equal([".holdfast-file"], await NamesAsync("folder"));
        await Destination.DeleteAsync("folder/.holdfast-file", Token);
        Assert.Empty(await NamesAsync(""));
    }

    [Fact]
    public async Task A_small_file_that_another_program_has_replaced_is_not_replaced_where_conditions_hold()
    {
        var first = await Destination.ReplaceAsync(".holdfast-file", new byte[] { 1 }, SmallFile.Absent, Token);
        var second = await Destination.ReplaceAsync(".holdfast-file", new byte[] { 2 }, first, Token);
        if (!Destination.Capabilities.ConditionalPut)
        {
            return;
        }
        await AssertFailsAsync(ErrorCatalog.Conflict, () => Destination.ReplaceAsync(".holdfast-file", new byte[] { 3 }, first, Token));
        await AssertFailsAsync(ErrorCatalog.Conflict, () =>
            Destination.ReplaceAsync(".holdfast-file", new byte[] { 3 }, SmallFile.Absent, Token)
        );
        await Destination.DeleteAsync(".holdfast-file", Token);
        await AssertFailsAsync(ErrorCatalog.Conflict, () => Destination.ReplaceAsync(".holdfast-file", new byte[] { 3 }, second, Token));
    }

    [Fact]
    public async Task A_small_file_is_whole_at_any_time_while_several_writers_replace_it()
    {
        Assert.SkipUnless(ReplacesAtomically, "This store does not replace objects atomically.");
        await Destination.ReplaceAsync(".holdfast-file", Bytes(1), null, Token);
        var writers = Enumerable
            .Range(0, 4)
            .Select(async w =>
            {
                for (var i = 0; i < 10; i++)
                {
                    try
                    {
                        await Destination.ReplaceAsync(".holdfast-file", Bytes(1 + (w * 10_000) + i), null, Token);
                    }
                    catch (HoldfastException e) when (e.Error == ErrorCatalog.Conflict)
                    {
                        // another one was replacing it
                    }
                }
            })
            .ToList();
        while (writers.Exists(w => !w.IsCompleted))
        {
            var read = await Destination.ReadSmallFileAsync(".holdfast-file", 100_000, Token);
            Assert.Equal(Bytes(read!.Bytes.Length), read.Bytes.ToArray());
        }
        await Task.WhenAll(writers);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("folder/2026-11-25-10-00-00.full-backup.tar.zst")]
    [InlineData(".holdfast-destination")]
    public Task Archives_and_identities_are_never_replaced(string path) =>
        Assert.ThrowsAnyAsync<ArgumentException>(() => Destination.ReplaceAsync(path, new byte[] { 1 }, null, Token));

    [Fact]
    public async Task A_small_file_that_is_too_large_is_refused()
    {
        await Destination.ReplaceAsync(".holdfast-file", Bytes(101), null, Token);
        await AssertFailsAsync(ErrorCatalog.Corrupt, () => Destination.ReadSmallFileAsync(".holdfast-file", 100, Token));
        Assert.Equal(101, (await Destination.ReadSmallFileAsync(".holdfast-file", 101, Token))!.Bytes.Length);
    }

    [Fact]
    public async Task A_missing_folder_lists_nothing() => Assert.Empty(await NamesAsync("no/such/folder"));

    [Fact]
    public async Task A_missing_file_is_reported_by_name()
    {
        var error = await AssertFailsAsync(ErrorCatalog.NotFound, () => Destination.OpenAsync("no/such/file", Token));
        Assert.Contains("no/such/file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleting_removes_a_file_and_the_folders_that_it_leaves_empty()
    {
        await PublishAsync("x/y/one", [1]);
        await PublishAsync("x/two", [2]);
        await Destination.DeleteAsync("x/y/one", Token);
        Assert.Equal(["two"], await NamesAsync("x"));
        await Destination.DeleteAsync("x/y/one", Token); // not an error if it does not exist
        await Destination.DeleteAsync("x/two", Token);
        Assert.Empty(await NamesAsync(""));
    }

    [Fact]
    public async Task An_upload_in_progress_cannot_be_deleted_as_a_leftover()
    {
        await using var upload = await Destination.BeginUploadAsync("folder/file", Token);
        await upload.WriteAsync(new byte[] { 1 }, Token);
        foreach (var name in await NamesAsync("folder"))
        {
            await AssertFailsAsync(ErrorCatalog.DestinationFailed, () => Destination.DeleteAsync($"folder/{name}", Token));
        }
        await Destination.PublishAsync([upload], Token);
        Assert.Equal([1], await ReadAsync("folder/file"));
    }

    [Fact]
    public async Task Reading_past_the_end_is_an_error()
    {
        await PublishAsync("short", [1, 2, 3]);
        await using var file = await Destination.OpenAsync("short", Token);
        await Assert.ThrowsAsync<HoldfastException>(async () => await file.ReadAsync(2, new byte[2], Token));
    }

    [Theory]
    [InlineData("../file")]
    [InlineData("a/../../file")]
    [InlineData("/etc/file")]
    public Task A_path_that_leaves_the_destination_is_refused(string path) =>
        Assert.ThrowsAnyAsync<ArgumentException>(() => Destination.BeginUploadAsync(path, Token));

    [Fact]
    public async Task An_unchanged_destination_passes_the_identity_check()
    {
        await Destination.CheckIdentityAsync(Token);
        await PublishAsync("file", [1]);
        await Destination.CheckIdentityAsync(Token);
        Assert.Equal(["file"], await NamesAsync("")); // listings omit the identity
    }

    [Fact]
    public async Task Publishing_after_closing_fails()
    {
        await using var upload = await Destination.BeginUploadAsync("file", Token);
        await Destination.DisposeAsync();
        await AssertFailsAsync(ErrorCatalog.DestinationFailed, () => Destination.PublishAsync([upload], Token));
    }

    /// <summary>Opens a new and empty destination.</summary>
    protected abstract ValueTask<IDestination> OpenAsync();

    private static async Task<HoldfastException> AssertFailsAsync(Error error, Func<Task> action)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(action);
        Assert.Equal(error, failure.Error);
        return failure;
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private async Task PublishAsync(string path, byte[] bytes)
    {
        await using var upload = await Destination.BeginUploadAsync(path, Token);
        await upload.WriteAsync(bytes, Token);
        await Destination.PublishAsync([upload], Token);
    }

    private async Task<byte[]> ReadAsync(string path)
    {
        await using var file = await Destination.OpenAsync(path, Token);
        var bytes = new byte[file.Length];
        await file.ReadAsync(0, bytes, Token);
        return bytes;
    }

    private async Task<List<string>> NamesAsync(string folder)
    {
        var names = new List<string>();
        await foreach (var entry in Destination.ListAsync(folder, Token))
        {
            names.Add(entry.Name);
        }
        return names;
    }
}
