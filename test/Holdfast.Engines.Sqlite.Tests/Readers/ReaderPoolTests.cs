using System.Buffers.Binary;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Readers;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite.Tests.Readers;

public sealed class ReaderPoolTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly TestFolder _folder = new();
    private readonly LocalReaders _readers = new();
    private readonly ManualTime _time = new();
    private readonly ReaderPool _pool;
    private readonly IDatabaseSource _source;

    public ReaderPoolTests()
    {
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_111_111);
        _pool = new(_readers.Start, _time);
        _source = new SqliteEngine(TimeProvider.System, _pool).Attach(_folder.Config("*.enc"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_process_starts_with_the_first_job_and_exits_after_thirty_idle_seconds()
    {
        _folder.Make("a.db");
        Assert.Equal(0, _readers.Started);
        await using (await OpenAsync("a.db"))
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            _time.Fire();
        }

        await (await OpenAsync("a.db")).DisposeAsync();
        _time.Advance(TimeSpan.FromSeconds(29));
        _time.Fire();
        await (await OpenAsync("a.db")).DisposeAsync();
        Assert.Equal((1, 1), (_readers.Started, _readers.Living));
        _time.Advance(TimeSpan.FromSeconds(30));
        _time.Fire();
        await LivingAsync(0);
        await (await OpenAsync("a.db")).DisposeAsync();
        Assert.Equal(2, _readers.Started);
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async Task Databases_share_a_process_and_are_read_in_isolation_after_it_has_crashed(BackupType type)
    {
        string[] names = ["a.db", "b.db", "c.db"];
        foreach (var name in names)
        {
            _folder.Make(name);
        }
        var views = await Task.WhenAll(names.Select(n => OpenAsync(n, type)));
        Assert.Equal(1, _readers.Started);
        _readers.Crash(0);
        foreach (var view in views)
        {
            // The runner itself retries what ended this way.
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => _folder.WriteImage(view));
            Assert.Equal(ErrorCatalog.SourceConflict, failure.Error);
            await view.DisposeAsync();
        }

        var first = await OpenAsync("a.db", type);
        var second = OpenAsync("b.db", type);
        _folder.Make("new.db");
        await (await OpenAsync("new.db", type)).DisposeAsync(); // the others continue meanwhile
        Assert.Equal((3, 2), (_readers.Started, _readers.Living));
        Assert.False(second.IsCompleted);
        await _folder.WriteImage(first);
        await first.DisposeAsync();
        await (await second.WaitAsync(Soon, Token)).DisposeAsync();
        await using (var one = await OpenAsync("a.db", type))
        await using (var two = await OpenAsync("b.db", type)) // neither was the cause
        {
            Assert.Equal((3, 2), (_readers.Started, _readers.Living));
        }
    }

    [Fact]
    public async Task A_database_that_crashes_an_isolated_process_fails_and_is_read_last_from_then_on()
    {
        foreach (var name in (string[])["bad.db", "good.db"])
        {
            _folder.Make(name);
        }
        var views = await Task.WhenAll(OpenAsync("bad.db"), OpenAsync("good.db"));
        _readers.Crash(0);
        foreach (var view in views)
        {
            await Assert.ThrowsAsync<HoldfastException>(() => _folder.WriteImage(view));
            await view.DisposeAsync();
        }

        await using (var bad = await OpenAsync("bad.db"))
        {
            _readers.Crash(1);
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => _folder.WriteImage(bad));
            Assert.Equal(ErrorCatalog.SourceReaderCrashed, failure.Error);
            Assert.Contains("bad.db", failure.Message, StringComparison.Ordinal);
            Assert.NotNull(failure.Hint);
        }

        _folder.Make("other.db");
        var shared = await OpenAsync("other.db");
        _readers.Crash(2);
        await Assert.ThrowsAsync<HoldfastException>(() => _folder.WriteImage(shared));
        await shared.DisposeAsync();
        var held = await OpenAsync("other.db"); // isolated
        var last = OpenAsync("bad.db");
        var next = OpenAsync("good.db");
        await held.DisposeAsync();
        await (await next.WaitAsync(Soon, Token)).DisposeAsync();
        await (await last.WaitAsync(Soon, Token)).DisposeAsync();
    }

    [Fact]
    public async Task A_cancelled_wait_for_isolation_blocks_no_other_job()
    {
        foreach (var name in (string[])["a.db", "b.db", "c.db"])
        {
            _folder.Make(name);
        }
        var views = await Task.WhenAll(OpenAsync("a.db"), OpenAsync("b.db"), OpenAsync("c.db"));
        _readers.Crash(0);
        foreach (var view in views)
        {
            await Assert.ThrowsAsync<HoldfastException>(() => _folder.WriteImage(view));
            await view.DisposeAsync();
        }

        var first = await OpenAsync("a.db");
        using var stop = new CancellationTokenSource();
        var second = OpenAsync("b.db", token: stop.Token);
        var third = OpenAsync("c.db");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await first.DisposeAsync();
        await (await third.WaitAsync(Soon, Token)).DisposeAsync();
    }

    [Fact]
    public async Task A_cancelled_backup_releases_the_database()
    {
        _folder.Make("a.db");
        using var sink = new StoppingSink();
        await using (var view = await OpenAsync("a.db"))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => view.WriteAsync(sink, sink.Token));
        }
        using var writer = Native.SqliteConnection.Open(_folder["a.db"], Native.SqliteConstants.OpenReadWrite, busyTimeout: TimeSpan.Zero);
        writer.Execute("DELETE FROM account"); // no reader blocks the file
    }

    [Fact]
    public async Task The_key_of_an_encrypted_database_is_passed_to_the_process()
    {
        if (!Native.CipherSupport.IsAvailable)
        {
            Assert.Skip("SQLite3 Multiple Ciphers was not built.");
        }
        _folder.Make("a.enc", key: TestFolder.Key);
        await using var view = await _source.OpenViewAsync(
            new("a.enc", 0, EncryptionState.Yes),
            new(BackupType.Backup, TestFolder.Key),
            Token
        );
        Assert.Equal((BackupType.Backup, true), (view.Type, view.IsEncrypted));
        Assert.Contains(
            "CREATE TABLE account",
            await File.ReadAllTextAsync(await _folder.WriteImage(view), Token),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Errors_of_a_database_are_reported_as_if_this_process_had_read_it()
    {
        await File.WriteAllTextAsync(_folder["text.db"], new string('x', 600), Token);
        await using var own = new SqliteEngine(TimeProvider.System).Attach(_folder.Config());
        var expected = await Assert.ThrowsAsync<HoldfastException>(() =>
            own.OpenViewAsync(new("text.db", 0, EncryptionState.No), new(BackupType.Snapshot, null), Token)
        );
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync("text.db"));
        Assert.Equal((expected.Error, expected.Message, expected.Hint), (failure.Error, failure.Message, failure.Hint));
    }

    [Fact]
    public async Task A_replaced_program_is_reported()
    {
        var replies = new MemoryStream();
        ReaderFrames.Write(replies, new ReaderReply { Build = Guid.NewGuid() }, []);
        var failure = await FailureOf(replies);
        Assert.Contains("Restart", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_false_message_length_allocates_no_memory()
    {
        var replies = new MemoryStream();
        ReaderFrames.Write(replies, new ReaderReply { Build = ReaderService.Build }, []);
        Span<byte> head = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, int.MaxValue);
        replies.Write(head);
        Assert.Equal(ErrorCatalog.SourceConflict, (await FailureOf(replies)).Error);
    }

    [Fact]
    public async Task A_process_that_does_not_release_a_database_is_killed()
    {
        _folder.Make("a.db");
        using var pool = new ReaderPool(() => new Mute(), _time);
        var job = await pool.BeginAsync(_folder["a.db"], Token);
        var closing = job.DisposeAsync().AsTask();
        Assert.False(closing.IsCompleted);
        _time.Fire(); // its time is up
        await closing.WaitAsync(Soon, Token);
        Assert.True(job.Reader.HasExited);
    }

    private Task<IDatabaseView> OpenAsync(string name, BackupType type = BackupType.Snapshot, CancellationToken token = default) =>
        _source.OpenViewAsync(new(name, 0, EncryptionState.No), new(type, null), token == default ? Token : token);

    private async Task LivingAsync(int count)
    {
        while (_readers.Living != count)
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task<HoldfastException> FailureOf(MemoryStream replies)
    {
        replies.Position = 0;
        using var pool = new ReaderPool(() => new Scripted(replies), _time);
        await using var source = new SqliteEngine(TimeProvider.System, pool).Attach(_folder.Config());
        _folder.Make("a.db");
        return await Assert.ThrowsAsync<HoldfastException>(() =>
            source.OpenViewAsync(new("a.db", 0, EncryptionState.No), new(BackupType.Snapshot, null), Token)
        );
    }

    // Replies what it was told to reply.
    private sealed class Scripted(Stream replies) : ReaderTransport
    {
        public override Stream Requests { get; } = new MemoryStream();

        public override Stream Replies => replies;

        public override void Kill() { }

        public override string WaitForExit() => "SIGSEGV";

        public override void Dispose() { }
    }

    // Never replies until it is killed.
    private sealed class Mute : ReaderTransport
    {
        private readonly System.IO.Pipes.AnonymousPipeServerStream _replies = new(System.IO.Pipes.PipeDirection.In);

        public override Stream Requests { get; } = new MemoryStream();

        public override Stream Replies => _replies;

        public override void Kill() => _replies.DisposeLocalCopyOfClientHandle();

        public override string WaitForExit() => "SIGKILL";

        public override void Dispose() => _replies.Dispose();
    }

    // Cancels the backup as soon as it receives data.
    private sealed class StoppingSink : Archive.Items.IItemSink, IDisposable
    {
        private readonly CancellationTokenSource _stop = new();

        public CancellationToken Token => _stop.Token;

        public void Dispose() => _stop.Dispose();

        public async Task WriteImageAsync(string name, Archive.Items.IPageImage image, CancellationToken cancellationToken)
        {
            await _stop.CancelAsync();
            image.Read(0, new byte[image.PageSize]);
        }

        public Task WriteStreamAsync(
            string name,
            long expectedBytes,
            Func<System.IO.Pipelines.PipeWriter, CancellationToken, Task> produce,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();
    }
}
