using Holdfast.Core.Errors;
using Holdfast.State.Embedded;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>The file of the embedded store: access, locking and validation.</summary>
public sealed class StateFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => _folder.Combine("data", "state.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task File_and_folder_are_accessible_to_their_owner_only()
    {
        await using var store = await OpenAsync();
        await PutAsync(store, "key", 10);
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(_folder.Combine("data")));
        Assert.All(Directory.EnumerateFiles(_folder.Combine("data")), f => Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(f)));
        Assert.True(System.IO.File.Exists(File + "-wal"));
    }

    [Fact]
    public async Task A_file_that_others_may_read_is_restricted_to_its_owner()
    {
        await (await OpenAsync()).DisposeAsync();
        System.IO.File.SetUnixFileMode(File, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await using var store = await OpenAsync();
        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task Entries_survive_a_reopen_and_revisions_continue()
    {
        long revision;
        await using (var store = await OpenAsync())
        {
            revision = await PutAsync(store, "key", 1000);
        }
        await using (var store = await OpenAsync())
        {
            var range = await store.RangeAsync("", Token);
            Assert.Equal(revision, range.Revision);
            Assert.Equal(revision, Assert.Single(range.Entries).ModRevision);
            Assert.True(await PutAsync(store, "other", 1) > revision);
        }
    }

    [Fact]
    public async Task Entries_with_a_lease_are_gone_after_a_reopen()
    {
        StateCommit commit;
        CancellationToken lost;
        await using (var store = await OpenAsync())
        {
            var lease = await store.GrantLeaseAsync(TimeSpan.FromMinutes(1), Token);
            lost = lease.Lost;
            commit = await store.CommitAsync(
                new() { Changes = [new("leased", new byte[] { 1 }, lease.Id), new("kept", new byte[] { 2 })] },
                Token
            );
        }

        Assert.True(lost.IsCancellationRequested);
        await using (var store = await OpenAsync())
        {
            var range = await store.RangeAsync("", Token);
            Assert.Equal(["kept"], range.Entries.Select(e => e.Key));
            Assert.True(range.Revision > commit.Revision, "its deletion is a change");
        }
    }

    [Fact]
    [Trait("Category", "Slow")] // opening waits a second for a process that is just ending
    public async Task A_second_opener_is_refused_and_the_first_is_not_disturbed()
    {
        await using var store = await OpenAsync();
        await PutAsync(store, "key", 10);
        var refused = await FailsAsync(ErrorCatalog.StateUnavailable, () => OpenAsync());
        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Another holdfast is running", refused.Hint, StringComparison.Ordinal);
        using var other = Writer.Start(File, _folder.Combine("said"));
        await other.Process.WaitForExitAsync(Token);
        Assert.Equal(["refused state-unavailable"], await other.ReadOutputAsync());
        await PutAsync(store, "key", 20);
        Assert.Equal(20, (await store.GetAsync("key", Token))!.Value.Length);
    }

    [Fact]
    public async Task A_newer_schema_is_refused_and_not_modified()
    {
        await (await OpenAsync()).DisposeAsync();
        await SqlAsync("PRAGMA user_version = 2");
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Token);
        var refused = await FailsAsync(ErrorCatalog.StateUnavailable, () => OpenAsync());
        Assert.Contains("newer Holdfast", refused.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await System.IO.File.ReadAllBytesAsync(File, Token));
    }

    [Fact]
    public async Task Another_database_is_refused_and_not_modified()
    {
        await (await OpenAsync()).DisposeAsync();
        System.IO.File.Delete(File);
        await SqlAsync("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Token);
        var refused = await FailsAsync(ErrorCatalog.StateUnavailable, () => OpenAsync());
        Assert.Contains("not a state file", refused.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await System.IO.File.ReadAllBytesAsync(File, Token));
    }

    [Fact]
    public async Task A_file_that_is_not_a_database_is_reported_by_name()
    {
        Directory.CreateDirectory(_folder.Combine("data"));
        await System.IO.File.WriteAllTextAsync(File, new string('x', 10_000), Token);
        var refused = await FailsAsync(ErrorCatalog.StateUnavailable, () => OpenAsync());
        Assert.Contains($"'{File}' is damaged", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Hint);
    }

    [Fact]
    public async Task A_damaged_file_is_reported_with_its_name_and_a_hint()
    {
        await using (var store = await OpenAsync())
        {
            for (var i = 0; i < 100; i++)
            {
                await PutAsync(store, $"key/{i}", 1000);
            }
        }

        await using (var file = new FileStream(File, FileMode.Open))
        {
            file.Position = file.Length / 2 / 4096 * 4096;
            await file.WriteAsync(Enumerable.Repeat((byte)0xAB, 4096).ToArray(), Token);
        }

        var refused = await FailsAsync(ErrorCatalog.StateUnavailable, () => OpenAsync());
        Assert.Contains($"'{File}' is damaged", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Put back a copy", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(File);
        await FailsAsync(ErrorCatalog.StateUnavailable, () => OpenAsync());
    }

    private static async Task<long> PutAsync(EmbeddedStateStore store, string key, int length) =>
        (await store.CommitAsync(new() { Changes = [new(key, new byte[length])] }, Token)).Revision;

    private static async Task<HoldfastException> FailsAsync(Error error, Func<Task> action)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(action);
        Assert.Equal(error, failure.Error);
        return failure;
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = File, Pooling = false }.ToString()
        );
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }

    private Task<EmbeddedStateStore> OpenAsync() => EmbeddedStateStore.OpenAsync(File, _time, Token);
}
