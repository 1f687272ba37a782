using Holdfast.Core.Errors;
using Holdfast.State.Embedded;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>A lost state is reported and never recreated.</summary>
public sealed class LostStateTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string State => _folder.Combine("data", "state.db");

    private string Marker => _folder.Combine("data", "state.id");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_missing_state_is_not_recreated()
    {
        await MakeAsync();
        File.Delete(State);
        var refused = await RefusedAsync();
        Assert.Contains("is missing", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Marker, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(State));
    }

    [Fact]
    public async Task An_empty_state_is_not_recreated()
    {
        await MakeAsync();
        await File.WriteAllBytesAsync(State, [], Token);
        Assert.Contains("is empty", (await RefusedAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(State).Length);
    }

    [Fact]
    public async Task A_file_from_version_0_1_without_its_log_is_not_taken_for_a_new_state()
    {
        // As version 0.1 left it until its first checkpoint: a header and nothing else.
        Directory.CreateDirectory(_folder.Combine("data"));
        await SqlAsync("PRAGMA journal_mode = WAL");
        var key = _folder.Combine("data", "node.key");
        await File.WriteAllTextAsync(key, "key", Token);
        var refused = await RefusedAsync(key);
        Assert.Contains("is empty", refused.Message, StringComparison.Ordinal);
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup-state", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_trace_of_a_state_a_new_one_is_created()
    {
        await using (var store = await OpenAsync())
        {
            await PutAsync(store);
        }
        Assert.Equal(33, (await File.ReadAllTextAsync(Marker, Token)).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Marker));
    }

    [Fact]
    public async Task A_state_from_version_0_1_is_opened_and_gets_its_marker()
    {
        await MakeAsync();
        File.Delete(Marker);
        await SqlAsync("DROP TABLE identity");
        var key = _folder.Combine("data", "node.key");
        await File.WriteAllTextAsync(key, "key", Token);
        await using (var store = await EmbeddedStateStore.OpenAsync(State, [key], _time, Token))
        {
            Assert.NotNull(await store.GetAsync("key", Token));
        }
        Assert.True(File.Exists(Marker));
        await using (var store = await OpenAsync())
        {
            Assert.NotNull(await store.GetAsync("key", Token));
        }
    }

    [Fact]
    public async Task The_state_of_another_server_is_refused()
    {
        await MakeAsync();
        var other = _folder.Combine("other", "state.db");
        await using (await EmbeddedStateStore.OpenAsync(other, _time, Token))
        {
            // created empty
        }

        File.Copy(other, State, overwrite: true);
        Assert.Contains(Marker, (await RefusedAsync()).Message, StringComparison.Ordinal);
        File.Delete(Marker);
        await using var store = await OpenAsync();
        Assert.Null(await store.GetAsync("key", Token));
    }

    [Fact]
    public async Task The_file_alone_contains_the_state_except_the_last_minute()
    {
        await using var store = await OpenAsync();
        await PutAsync(store);
        Assert.Equal(0, await CountOfCopyAsync());
        await store.CheckAsync(Token);
        _time.Advance(TimeSpan.FromMinutes(1));
        await store.CheckAsync(Token);
        Assert.Equal(1, await CountOfCopyAsync());
    }

    [Theory]
    [InlineData("state.db")]
    [InlineData("state.db-wal")]
    public async Task No_commit_to_a_removed_file_is_acknowledged(string name)
    {
        await using var store = await OpenAsync();
        await PutAsync(store);
        File.Delete(_folder.Combine("data", name));
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => store.CheckAsync(Token));
        Assert.Contains("removed or replaced", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCatalog.StateUnavailable, (await Assert.ThrowsAsync<HoldfastException>(() => PutAsync(store, "late"))).Error);
        Assert.Null(await store.GetAsync("late", Token));
    }

    [Fact]
    public async Task No_commit_is_acknowledged_while_the_file_is_replaced_and_commits_resume_when_it_is_back()
    {
        await using var store = await OpenAsync();
        await PutAsync(store);
        File.Move(State, State + ".aside");
        await File.WriteAllTextAsync(State, "another", Token);
        await Assert.ThrowsAsync<HoldfastException>(() => PutAsync(store, "late"));
        File.Move(State + ".aside", State, overwrite: true);
        await store.CheckAsync(Token);
        await PutAsync(store, "later");
        Assert.NotNull(await store.GetAsync("later", Token));
    }

    [Fact]
    public async Task A_file_removed_under_the_running_store_can_still_be_copied()
    {
        Directory.CreateDirectory(_folder.Combine("copy"));
        var copy = _folder.Combine("copy", "state.db");
        string marker;
        await using (var store = await OpenAsync())
        {
            await PutAsync(store);
            marker = await File.ReadAllTextAsync(Marker, Token);
            File.Delete(State);
            File.Delete(State + "-wal");
            await store.CopyAsync(copy, Token);
        }

        Assert.Equal(marker, await File.ReadAllTextAsync(_folder.Combine("copy", "state.id"), Token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
        await using var again = await EmbeddedStateStore.OpenAsync(copy, _time, Token);
        Assert.NotNull(await again.GetAsync("key", Token));
    }

    private static Task<StateCommit> PutAsync(EmbeddedStateStore store, string key = "key") =>
        store.CommitAsync(new() { Changes = [new(key, new byte[10])] }, Token);

    private async Task MakeAsync()
    {
        await using var store = await OpenAsync();
        await PutAsync(store);
    }

    // A copy of the file alone, while the store has it open.
    private async Task<long> CountOfCopyAsync()
    {
        var copy = _folder.Combine(Path.GetRandomFileName());
        await using (var file = File.Create(copy))
        {
            // Not opened by this process, because that would drop the locks of the store.
            using var cat = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("cat", [State]) { RedirectStandardOutput = true }
            )!;
            await cat.StandardOutput.BaseStream.CopyToAsync(file, Token);
        }

        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = copy, Pooling = false }.ToString()
        );
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM entries";
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private async Task<HoldfastException> RefusedAsync(params string[] traces)
    {
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => EmbeddedStateStore.OpenAsync(State, traces, _time, Token));
        Assert.Equal(ErrorCatalog.StateUnavailable, refused.Error);
        return refused;
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = State, Pooling = false }.ToString()
        );
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }

    private Task<EmbeddedStateStore> OpenAsync() => EmbeddedStateStore.OpenAsync(State, _time, Token);
}
