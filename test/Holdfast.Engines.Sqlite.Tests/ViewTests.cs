using System.IO.Pipelines;
using System.Text;
using Holdfast.Archive.Items;
using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite.Tests;

public sealed class ViewTests : IDisposable
{
    private static readonly ScriptFormat CountingScript = new(
        async (connection, output, token) =>
        {
            await output.WriteAsync(Encoding.UTF8.GetBytes($"{connection.QueryInt64("SELECT sum(balance) FROM account")}"), token);
            return new Dictionary<string, string> { ["file"] = connection.FilePath };
        },
        (_, _, _, _, _) => Task.FromResult<IReadOnlyList<string>>([])
    );

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_image_describes_itself()
    {
        _folder.Make("app.db");
        await using var view = await _folder.Open("app.db");
        Assert.Equal((BackupType.Snapshot, null, false), (view.Type, view.TypeReason, view.IsEncrypted));
        Assert.Equal(new FileInfo(_folder["app.db"]).Length, view.ExpectedBytes);
        Assert.StartsWith("3.", view.EngineVersion);
        var sink = new FileSink(Path.Combine(_folder.Spool, "x"));
        var fingerprint = await view.WriteAsync(sink, default);
        Assert.Equal(["database.sqlite"], sink.Names);
        Assert.Equal(view.ExpectedBytes, sink.Bytes);
        Assert.Equal("4096", fingerprint["page-size"]);
        Assert.Equal("false", fingerprint["encrypted"]);
    }

    [Theory]
    [InlineData("app.db", "wal", false)]
    [InlineData("app.db", "delete", false)]
    [InlineData("app.db", "delete", true)]
    [InlineData("app.enc", "wal", false)]
    [InlineData("app.enc", "delete", true)]
    public async Task A_dump_reads_from_a_copy_that_is_removed_with_the_view(string name, string mode, bool large)
    {
        var key = name == "app.enc" ? TestFolder.Key : null;
        var path = _folder.Make(name, $"PRAGMA journal_mode={mode}", key);
        await using var view = await _folder.Open(
            name,
            key,
            BackupType.Backup,
            tuning: new() { MaxDumpInMemory = large ? 0 : 64 << 20 },
            script: CountingScript
        );
        Assert.Equal((BackupType.Backup, null), (view.Type, view.TypeReason));
        var target = Path.Combine(_folder.Spool, "x");
        var sink = new FileSink(target);
        var fingerprint = await view.WriteAsync(sink, default);
        Assert.Equal(["dump.sql"], sink.Names);
        Assert.Equal($"{TestFolder.Total}", File.ReadAllText(target));
        Assert.Equal(path, fingerprint["file"]);
        await view.DisposeAsync();
        Assert.Equal([target], Directory.GetFiles(_folder.Spool));
    }

    [Theory]
    [InlineData("app.db", 0)]
    [InlineData("app.db", 64 << 20)]
    [InlineData("app.enc", 0)]
    [InlineData("app.enc", 64 << 20)]
    public async Task Writers_of_a_rollback_database_do_not_wait_for_a_slow_destination_of_its_dump(string name, int inMemory)
    {
        var key = name == "app.enc" ? TestFolder.Key : null;
        var path = _folder.Make(name, key: key);
        await using var view = await _folder.Open(name, key, BackupType.Backup, tuning: new() { MaxDumpInMemory = inMemory });
        Assert.Equal(SqliteConstants.Busy, OtherProcess.Try(path, "BEGIN EXCLUSIVE", key is null ? null : TestFolder.KeyHex));
        var sink = new StalledSink();
        var writing = view.WriteAsync(sink, default);
        await sink.Stalled.Task; // and never continues before the writer has finished
        using (var writer = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key))
        {
            writer.Execute("UPDATE account SET balance = 0");
        }
        sink.GoOn.SetResult();
        await writing;
        Assert.Contains("INSERT INTO", Encoding.UTF8.GetString(sink.Script.ToArray()));
        Assert.DoesNotContain("(1,0,", Encoding.UTF8.GetString(sink.Script.ToArray()));
    }

    [Theory]
    [InlineData("app.db", 0)]
    [InlineData("app.db", 64 << 20)]
    [InlineData("app.enc", 0)]
    [InlineData("app.enc", 64 << 20)]
    public async Task A_slow_destination_of_a_dump_does_not_keep_the_log_of_a_WAL_database_from_restarting(string name, int inMemory)
    {
        var key = name == "app.enc" ? TestFolder.Key : null;
        var path = _folder.Make(name, "PRAGMA journal_mode=WAL", key);
        using var writer = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key, TimeSpan.Zero);
        writer.Execute("UPDATE account SET balance = balance");
        await using var view = await _folder.Open(name, key, BackupType.Backup, tuning: new() { MaxDumpInMemory = inMemory });
        writer.Execute("UPDATE account SET balance = 0");
        Assert.Equal(1, writer.QueryInt64("PRAGMA wal_checkpoint(RESTART)")); // the view holds a read mark: busy
        var sink = new StalledSink();
        var writing = view.WriteAsync(sink, default);
        await sink.Stalled.Task;
        Assert.Equal(0, writer.QueryInt64("PRAGMA wal_checkpoint(RESTART)"));
        sink.GoOn.SetResult();
        await writing;
        Assert.DoesNotContain("(1,0,", Encoding.UTF8.GetString(sink.Script.ToArray()));
        await view.DisposeAsync();
        Assert.Empty(Directory.GetFiles(_folder.Spool));
    }

    [Theory]
    [InlineData("app.db")]
    [InlineData("app.enc")]
    public async Task Writers_of_a_rollback_database_do_not_wait_for_the_start_of_its_dump(string name)
    {
        var key = name == "app.enc" ? TestFolder.Key : null;
        var path = _folder.Make(name, key: key);
        await using var view = await _folder.Open(
            name,
            key,
            BackupType.Backup,
            _folder.Config("*.enc") with
            {
                MaxWriterWait = TimeSpan.FromMilliseconds(50),
            },
            script: CountingScript
        );
        using (var writer = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key))
        {
            writer.Execute("UPDATE account SET balance = 0"); // waits until the time is up
        }
        var target = Path.Combine(_folder.Spool, "x");
        await view.WriteAsync(new FileSink(target), default);
        Assert.Equal($"{TestFolder.Total}", File.ReadAllText(target));
        await view.DisposeAsync();
        Assert.Equal([target], Directory.GetFiles(_folder.Spool));
    }

    [Fact]
    public async Task Without_its_key_an_encrypted_database_gets_a_snapshot_instead_of_a_dump()
    {
        _folder.Make("app.enc", key: TestFolder.Key);
        await using var view = await _folder.Open("app.enc", null, BackupType.Backup);
        Assert.Equal((BackupType.Snapshot, "the database's key is not known", true), (view.Type, view.TypeReason, view.IsEncrypted));
        var fingerprint = await view.WriteAsync(new FileSink(Path.Combine(_folder.Spool, "x")), default);
        Assert.Equal(["encrypted", "page-size", "pages"], fingerprint.Keys.Order());
    }

    [Fact]
    public async Task An_unencrypted_database_configured_as_encrypted_is_treated_as_unencrypted()
    {
        _folder.Make("app.enc");
        await using var view = await _folder.Open("app.enc", TestFolder.Key);
        Assert.False(view.IsEncrypted);
        Assert.Contains("'app.enc'", Assert.Single(view.Warnings));
        Assert.Equal(TestFolder.Total, TestFolder.Check(await _folder.WriteImage(view)).Sum);
    }

    [Fact]
    public async Task A_file_that_is_not_a_database_or_only_looks_like_one_is_rejected_with_a_hint()
    {
        File.WriteAllText(_folder["text"], new string('x', 5000));
        Assert.Equal(ErrorCatalog.SourceUnreadable, (await Assert.ThrowsAsync<HoldfastException>(() => _folder.Open("text"))).Error);
        Assert.Equal(ErrorCatalog.NotFound, (await Assert.ThrowsAsync<HoldfastException>(() => _folder.Open("gone"))).Error);
        File.WriteAllBytes(_folder["empty.enc"], []);
        Assert.Equal(ErrorCatalog.SourceUnreadable, (await Assert.ThrowsAsync<HoldfastException>(() => _folder.Open("empty.enc"))).Error);
        _folder.Make("maybe", key: TestFolder.Key);
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            source.OpenViewAsync(new("maybe", 0, EncryptionState.Maybe), new(BackupType.Snapshot, null), default)
        );
        Assert.Contains("--encrypted", failure.Hint);
    }

    [Fact]
    public async Task A_source_has_the_identity_of_its_identity_file_and_creates_none()
    {
        await using var source = new SqliteEngine(TimeProvider.System).Attach(
            _folder.Config() with
            {
                Name = "shop",
                Role = DatabaseRole.Replica,
            }
        );
        Assert.Equal("shop", source.Name);
        Assert.Equal(
            (null, DatabaseRole.Replica),
            ((await source.DescribeAsync(default)).Identity, (await source.DescribeAsync(default)).Role)
        );
        Assert.Empty(Directory.GetFiles(_folder.Root));
        File.WriteAllText(_folder[".holdfast-source"], "0123-4567\n");
        Assert.Equal("0123-4567", (await source.DescribeAsync(default)).Identity);
    }

    [Fact]
    public async Task A_directory_keeps_its_assigned_identity_and_has_a_location()
    {
        _folder.Make("a.db");
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        var before = await source.DescribeAsync(default);
        Assert.True(await source.AssignIdentityAsync("0123456789abcdef", default));
        Assert.False(await source.AssignIdentityAsync("another", default));
        var after = await source.DescribeAsync(default);
        Assert.Equal(("0123456789abcdef", before.Location), (after.Identity, after.Location));
        Assert.Equal(["a.db"], (await _folder.Discover()).Select(d => d.Name));
        Assert.Equal([".holdfast-source", "a.db"], Directory.GetFiles(_folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var other = new TestFolder();
        Assert.NotEqual(
            before.Location,
            (await new SqliteEngine(TimeProvider.System).Attach(other.Config()).DescribeAsync(default)).Location
        );
    }

    [Fact]
    public async Task A_view_reports_the_directory_that_was_mounted_when_it_was_opened()
    {
        using var other = new TestFolder();
        foreach (var (folder, id) in new[] { (_folder, "one"), (other, "two") })
        {
            folder.Make("db");
            await File.WriteAllTextAsync(folder[".holdfast-source"], id);
        }

        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        var first = await source.DescribeAsync(default);
        await using (var view = await OpenAsync())
        {
            Assert.Equal(first, view.Source);
        }
        Directory.Move(_folder.Root, _folder.Root + ".away"); // like another file system mounted there
        Directory.Move(other.Root, _folder.Root);
        try
        {
            await using var view = await OpenAsync();
            Assert.Equal("two", view.Source!.Identity);
            Assert.NotEqual(first.Location, view.Source.Location);
            await using var target = await source.BeginRestoreAsync(
                new("new", BackupType.Snapshot, null, new Dictionary<string, string>(), 4096),
                default
            );
            Assert.Equal(view.Source, target.Source);
        }
        finally
        {
            Directory.Move(_folder.Root, other.Root);
            Directory.Move(_folder.Root + ".away", _folder.Root);
        }

        Task<IDatabaseView> OpenAsync() => source.OpenViewAsync(new("db", 0, EncryptionState.No), new(BackupType.Snapshot, null), default);
    }

    [Fact]
    public async Task A_configured_identity_replaces_the_identity_file_and_must_match_an_existing_one()
    {
        await using var source = new SqliteEngine(TimeProvider.System).Attach(_folder.Config() with { Identity = "shop-1" });
        Assert.Equal("shop-1", (await source.DescribeAsync(default)).Identity);
        File.WriteAllText(_folder[".holdfast-source"], "another\n");
        Assert.Contains(
            "another",
            (await Assert.ThrowsAsync<HoldfastException>(() => source.DescribeAsync(default))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Only_a_configuration_for_SQLite_is_accepted()
    {
        Assert.Throws<ArgumentException>(() => new SqliteEngine(TimeProvider.System).Attach(new OtherConfig()));
        Assert.Equal("sqlite", new SqliteEngine(TimeProvider.System).Name);
        await Task.CompletedTask;
    }

    /// <summary>Reads nothing of a stream until it is released.</summary>
    private sealed class StalledSink : IItemSink
    {
        public TaskCompletionSource Stalled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public MemoryStream Script { get; } = new();

        public Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public async Task WriteStreamAsync(
            string name,
            long expectedBytes,
            Func<PipeWriter, CancellationToken, Task> produce,
            CancellationToken cancellationToken
        )
        {
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 1024));
            var producing = Task.Run(
                async () =>
                {
                    await produce(pipe.Writer, cancellationToken);
                    await pipe.Writer.CompleteAsync();
                },
                cancellationToken
            );
            Stalled.SetResult();
            await GoOn.Task;
            await pipe.Reader.CopyToAsync(Script, cancellationToken);
            await producing;
        }
    }

    private sealed record OtherConfig : SourceConfig;
}
