using Holdfast.Core.Encryption;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Image;

public sealed class ChangeTokenTests : IDisposable
{
    private static readonly DateTime LongAgo = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("app.db", false)]
    [InlineData("app.enc", true)]
    [InlineData("app.enc", false)]
    public async Task With_a_log_the_token_changes_with_each_commit_only(string name, bool withKey)
    {
        var key = name == "app.enc" ? TestFolder.Key : null;
        using var app = SqliteConnection.Open(_folder.Make(name, "PRAGMA journal_mode=WAL", key), SqliteConstants.OpenReadWrite, key);
        app.Execute("INSERT INTO log(text) VALUES('a')");
        var seen = new HashSet<string>();
        for (var i = 0; i < 5; i++)
        {
            var token = await Token(name, withKey ? key : null);
            Assert.NotNull(token);
            Assert.True(seen.Add(token));
            Assert.Equal(token, await Token(name, withKey ? key : null));
            app.Execute("BEGIN; INSERT INTO log(text) VALUES('rolled back'); ROLLBACK");
            Assert.Equal(token, await Token(name, withKey ? key : null));
            if (i == 2)
            {
                app.QueryInt64("PRAGMA wal_checkpoint(RESTART)");
            }
            app.Execute("INSERT INTO log(text) VALUES('b')");
        }
    }

    [Fact]
    public async Task Copying_another_file_over_the_main_file_under_an_unchanged_log_changes_the_token()
    {
        var path = _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        using var app = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite);
        app.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        using (var copy = OtherProgram("cp", path, _folder["copy"]))
        {
            await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        app.Execute("UPDATE account SET balance=7");
        app.QueryInt64("PRAGMA wal_checkpoint(PASSIVE)");
        var token = await Token("app.db");
        Assert.Equal(token, await Token("app.db"));
        using (var copy = OtherProgram("cp", _folder["copy"], path))
        {
            await copy.WaitForExitAsync(TestContext.Current.CancellationToken); // the same inode
        }
        Assert.NotEqual(token, await Token("app.db"));

        static System.Diagnostics.Process OtherProgram(string name, params string[] arguments) =>
            System.Diagnostics.Process.Start(name, arguments);
    }

    [Fact]
    public async Task In_rollback_mode_the_token_changes_immediately_with_each_commit()
    {
        using var app = SqliteConnection.Open(_folder.Make("app.db"), SqliteConstants.OpenReadWrite);
        var seen = new HashSet<string>();
        for (var i = 0; i < 5; i++)
        {
            var token = await Token("app.db");
            Assert.True(seen.Add(token!));
            Assert.Equal(token, await Token("app.db"));
            app.Execute("UPDATE account SET balance=balance+1 WHERE id=1");
        }
    }

    [Theory]
    [InlineData("app.db", "wal", false)]
    [InlineData("app.enc", "wal", true)]
    [InlineData("app.enc", "wal", false)]
    [InlineData("app.enc", "delete", true)]
    [InlineData("app.enc", "delete", false)]
    public async Task If_only_timestamps_show_changes_a_young_file_has_no_token(string name, string mode, bool withKey)
    {
        var key = name == "app.enc" ? TestFolder.Key : null;
        _folder.Make(name, $"PRAGMA journal_mode={mode}", key);
        Assert.Null(await Token(name, withKey ? key : null));
        var later = new ShiftedTime(TimeSpan.FromSeconds(3));
        var token = await Token(name, withKey ? key : null, later);
        Assert.NotNull(token);
        Assert.Equal(token, await Token(name, withKey ? key : null, later));
        // a timestamp in the future proves nothing
        Assert.Null(await Token(name, withKey ? key : null, new ShiftedTime(TimeSpan.FromHours(-1))));
    }

    [Fact]
    public async Task Resetting_the_timestamp_of_a_changed_file_does_not_restore_its_token()
    {
        var later = new ShiftedTime(TimeSpan.FromSeconds(3));
        var path = _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        File.SetLastWriteTimeUtc(path, LongAgo);
        var token = await Token("app.db", null, later);
        using (var app = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite))
        {
            app.Execute("UPDATE account SET balance=7 WHERE id=1");
        }
        File.SetLastWriteTimeUtc(path, LongAgo);
        Assert.NotEqual(token, await Token("app.db", null, later));
    }

    private async Task<string?> Token(string name, DatabaseKey? key = null, TimeProvider? time = null)
    {
        await using var view = await _folder.Open(name, key, time: time);
        return view.ChangeToken;
    }

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
