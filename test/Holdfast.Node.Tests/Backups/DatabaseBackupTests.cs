using Holdfast.Archive.Age;
using Holdfast.Archive.Items;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Engines;
using Holdfast.Engines.Sources;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Holdfast.Node.Verification;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Backups;

public sealed class DatabaseBackupTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));
    private readonly AgeIdentity _node = AgeIdentity.Generate();
    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private readonly FakeSource _source = new();
    private LocalDestination _destination = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _destination = LocalDestination.Open(_root, create: false);
        _source.Databases["db"] = Bytes(100);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _destination.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_name_that_is_taken_moves_to_the_next_free_second()
    {
        var first = await RunAsync(BackupKind.Full);
        var second = await RunAsync(BackupKind.Full);
        Assert.StartsWith("fake/db/2026-11-23-10-00-00.A-snapshot/2026-11-23-10-00-00.snapshot", first.Path, StringComparison.Ordinal);
        Assert.StartsWith("fake/db/2026-11-23-10-00-01.A-snapshot/2026-11-23-10-00-01.snapshot", second.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_cannot_be_scripted_gets_a_snapshot_with_the_reason_and_the_same_encryption(bool hasKey)
    {
        _source.IsNotAsSql = true;
        var outcome = await Runner(BackupKind.Full, BackupType.Backup, hasKey ? _key.Recipient : null)
            .RunAsync(_source.Database("db"), null, new(1), () => { }, Token);
        Assert.Equal((BackupState.Completed, BackupType.Snapshot), (outcome.State, outcome.Type));
        Assert.Contains(outcome.Warnings, w => w.Contains("made as snapshot: Rows would not come back equal.", StringComparison.Ordinal));
        Assert.Equal(hasKey ? ArchiveEncryption.Given : ArchiveEncryption.None, outcome.Encryption!.Mode);
        Assert.DoesNotContain(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories), f =>
            f.EndsWith(".partial", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(1, BackupState.Completed)]
    [InlineData(2, BackupState.Completed)]
    [InlineData(3, BackupState.Failed)]
    public async Task A_read_that_the_source_cancels_is_retried_twice(int conflicts, BackupState state)
    {
        _source.Conflicts = conflicts;
        var outcome = await Runner(BackupKind.Full, BackupType.Snapshot, null)
            .RunAsync(_source.Database("db"), null, new(1), () => { }, Token);
        Assert.Equal(state, outcome.State);
        if (state == BackupState.Completed)
        {
            Assert.Equal(_source.Databases["db"], await RestoreNewestAsync());
        }
        else
        {
            Assert.Equal(ErrorCatalog.SourceConflict, outcome.Error?.Error);
        }
        Assert.DoesNotContain(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories), f =>
            f.EndsWith(".partial", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_clock_that_was_set_back_does_not_make_old_backups_look_newer()
    {
        await RunAsync(BackupKind.Full);
        _time.AdjustTime(_time.GetUtcNow().AddDays(-400));
        Change();
        await RunAsync(BackupKind.Incremental);
        Change();
        await RunAsync(BackupKind.Full);
        Assert.Equal(_source.Databases["db"], await RestoreNewestAsync());
    }

    [Theory]
    [InlineData(BackupType.Backup)]
    [InlineData(BackupType.Snapshot)]
    public async Task An_incremental_extends_the_newest_chain(BackupType type)
    {
        await RunAsync(BackupKind.Full, type);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            Change();
            var outcome = await RunAsync(BackupKind.Incremental, type);
            Assert.Equal((BackupState.Completed, BackupKind.Incremental), (outcome.State, outcome.Kind));
            Assert.True(outcome.OwnBytes < outcome.DatabaseBytes);
        }

        Assert.Equal(_source.Databases["db"], await RestoreNewestAsync());
        Assert.Single(await ChainsAsync());
    }

    [Fact]
    public async Task An_unchanged_database_writes_nothing_and_with_a_token_reads_nothing()
    {
        await RunAsync(BackupKind.Full);
        Assert.Equal(BackupState.Unchanged, (await RunAsync(BackupKind.Incremental)).State);
        _source.HasTokens = true;
        await RunAsync(BackupKind.Full);
        var writes = _source.Writes;
        Assert.Equal(BackupState.Unchanged, (await RunAsync(BackupKind.Incremental)).State);
        Assert.Equal(writes, _source.Writes);
        Assert.All(await ChainsAsync(), c => Assert.Single(c.Archives));
        Assert.All(await ChainsAsync(), c => Assert.Empty(c.Leftovers));
    }

    [Fact]
    public async Task Warnings_that_appear_only_while_reading_are_reported()
    {
        _source.LateWarning = "2 subscriptions are missing";
        Assert.Contains(_source.LateWarning, (await RunAsync(BackupKind.Full)).Warnings);
    }

    [Fact]
    public async Task An_incremental_without_a_chain_becomes_full_with_the_reason()
    {
        var outcome = await RunAsync(BackupKind.Incremental);
        Assert.Equal(BackupKind.Full, outcome.Kind);
        Assert.Contains("no full backup yet", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_index_makes_the_next_backup_full_with_the_reason()
    {
        await RunAsync(BackupKind.Full);
        File.Delete(Directory.GetFiles(_root, "*.index", SearchOption.AllDirectories).Single());
        var outcome = await RunAsync(BackupKind.Incremental);
        Assert.Equal((BackupState.Completed, BackupKind.Full), (outcome.State, outcome.Kind));
        Assert.Contains("index", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_damaged_anywhere_makes_the_next_backup_full()
    {
        _source.Databases["db"] = Bytes(9000);
        await RunAsync(BackupKind.Full);
        var index = Directory.GetFiles(_root, "*.index", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(index, Token);
        bytes[^5000]++; // in the last block of tags, which is read only when most of the incremental is written
        await File.WriteAllBytesAsync(index, bytes, Token);
        Change();
        var outcome = await RunAsync(BackupKind.Incremental);
        Assert.Equal((BackupState.Completed, BackupKind.Full), (outcome.State, outcome.Kind));
        Assert.Contains("index cannot be read", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
        Assert.All(await ChainsAsync(), c => Assert.Empty(c.Leftovers));
    }

    [Fact]
    public async Task Another_type_starts_a_new_chain()
    {
        await RunAsync(BackupKind.Full);
        var outcome = await RunAsync(BackupKind.Incremental, BackupType.Backup);
        Assert.Equal((BackupKind.Full, BackupType.Backup), (outcome.Kind, outcome.Type));
    }

    [Fact]
    public async Task Another_key_starts_a_new_chain()
    {
        await RunAsync(BackupKind.Full, recipient: _key.Recipient);
        Assert.Equal(BackupState.Unchanged, (await RunAsync(BackupKind.Incremental, recipient: _key.Recipient)).State);
        var outcome = await RunAsync(BackupKind.Incremental, recipient: AgeIdentity.Generate().Recipient);
        Assert.Equal(BackupKind.Full, outcome.Kind);
        Assert.Contains("encryption key differs", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_incremental_needs_only_the_recipient_and_the_key_of_the_node()
    {
        await RunAsync(BackupKind.Full, recipient: _key.Recipient);
        Change();
        Assert.Equal(BackupKind.Incremental, (await RunAsync(BackupKind.Incremental, recipient: _key.Recipient)).Kind);
        var unreadable = await Assert.ThrowsAsync<HoldfastException>(() => RestoreNewestAsync());
        Assert.Equal(ErrorCatalog.KeyMissing, unreadable.Error);
        Assert.Equal(_source.Databases["db"], await RestoreNewestAsync(AgeKeys.None.Add(_key)));
    }

    [Theory]
    [InlineData(BackupType.Backup, ArchiveFileType.FullBackup, true)]
    [InlineData(BackupType.Snapshot, ArchiveFileType.EncryptedSnapshot, false)]
    public async Task An_encrypted_database_is_never_stored_unencrypted(BackupType type, ArchiveFileType form, bool age)
    {
        _source.Encrypted.Add("db");
        var outcome = await RunAsync(BackupKind.Full, type, databaseKey: DatabaseKey.FromRaw(new byte[32]));
        var archive = Assert.Single((await ChainsAsync())[0].Archives);
        Assert.Equal((form, age), (archive.Name.FileType, archive.Name.IsEncrypted));
        Assert.Equal(BackupState.Completed, outcome.State);
    }

    [Fact]
    public async Task A_failed_backup_does_not_stop_the_others()
    {
        for (var i = 0; i < 20; i++)
        {
            _source.Databases[$"db{i:D2}"] = Bytes(i);
        }
        _source.Broken.Add("db07");
        var databases = _source.Databases.Keys.Order(StringComparer.Ordinal).Select(_source.Database).ToList();
        var outcomes = await new BackupBatch(Runner(BackupKind.Full, BackupType.Snapshot, null)).RunAsync(
            databases,
            _ => null,
            null,
            Token
        );
        Assert.Equal(databases.Select(d => d.Name), outcomes.Select(o => o.Database.Name));
        Assert.Equal(["db07"], outcomes.Where(o => o.State == BackupState.Failed).Select(o => o.Database.Name));
    }

    [Fact]
    public async Task A_cancellation_that_nobody_requested_fails_that_backup()
    {
        _source.Fault = _ => new OperationCanceledException("a time-out of the library");
        var outcome = await Runner(BackupKind.Full, BackupType.Snapshot, null)
            .RunAsync(_source.Database("db"), null, new(1), () => { }, Token);
        Assert.Equal((BackupState.Failed, ErrorCatalog.Unexpected), (outcome.State, outcome.Error?.Error));
        Assert.Contains("a time-out of the library", outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_exception_during_a_cancellation_counts_as_cancelled()
    {
        using var stop = new CancellationTokenSource();
        _source.Fault = _ =>
        {
            stop.Cancel();
            return new HoldfastException(ErrorCatalog.SourceUnreadable, "its program was ended");
        };
        await Assert.ThrowsAsync<OperationCanceledException>(() =>
            Runner(BackupKind.Full, BackupType.Snapshot, null).RunAsync(_source.Database("db"), null, new(1), () => { }, stop.Token)
        );
    }

    [Fact]
    public async Task The_next_backup_removes_leftovers_of_a_killed_one()
    {
        var chain = Path.Combine(_root, "fake", "db", "2026-11-23-09-00-00.A-snapshot");
        Directory.CreateDirectory(chain);
        await File.WriteAllTextAsync(Path.Combine(chain, "2026-11-23-09-00-00.snapshot.tar.zst.partial"), "half", Token);
        await File.WriteAllTextAsync(Path.Combine(chain, "2026-11-23-09-00-00.snapshot.index"), "orphan", Token);
        await RunAsync(BackupKind.Full);
        Assert.False(Directory.Exists(chain));
        Assert.Equal(_source.Databases["db"], await RestoreNewestAsync());
    }

    [Fact]
    public async Task The_next_backup_removes_an_empty_folder_of_a_killed_one()
    {
        var chain = Directory.CreateDirectory(Path.Combine(_root, "fake", "db", "2026-11-23-09-00-00.A-snapshot")).FullName;
        await RunAsync(BackupKind.Full);
        Assert.False(Directory.Exists(chain));
    }

    [Fact]
    public async Task The_root_of_a_destination_contains_restore_instructions()
    {
        await RestoreInstructions.EnsureAsync(_destination, Token);
        await RestoreInstructions.EnsureAsync(_destination, Token);
        Assert.Contains("import", await File.ReadAllTextAsync(Path.Combine(_root, "restore.py"), Token), StringComparison.Ordinal);
        Assert.NotEmpty(await File.ReadAllTextAsync(Path.Combine(_root, "HOW-TO-RESTORE.txt"), Token));
    }

    private static byte[] Bytes(int pages)
    {
        var bytes = new byte[pages * 4096];
        new Random(pages).NextBytes(bytes);
        return bytes;
    }

    private void Change() => _source.Databases["db"][5000]++;

    [Fact]
    public async Task Verifying_an_incremental_by_its_path_reports_a_missing_key_of_its_parents()
    {
        var full = await RunAsync(BackupKind.Full, BackupType.Backup);
        _source.Databases["db"] = Bytes(101);
        var incremental = await RunAsync(BackupKind.Incremental, BackupType.Backup);
        Assert.Equal(BackupKind.Incremental, incremental.Kind);
        var other = await RunAsync(BackupKind.Full, BackupType.Backup, _key.Recipient);
        File.Copy(Path.Combine(_root, other.Path!), Path.Combine(_root, full.Path!), overwrite: true);
        var chain = (await ChainsAsync()).Single(c => c.Archives.Any(a => a.Path == incremental.Path));
        var path = new ResolvedLocation(_destination, [chain], chain.Archives.Single(a => a.Path == incremental.Path));
        var results = new List<VerifyResult>();
        await foreach (var result in Verifier.VerifyAsync(path, AgeKeys.None, [new PlainEngine()], Token))
        {
            results.Add(result);
        }
        var problem = results.Single().Problem!;
        Assert.Equal(ErrorCatalog.KeyMissing, problem.Error);
        Assert.StartsWith("It is unknown whether the archives that '", problem.Message, StringComparison.Ordinal);
        Assert.Contains($"{Path.GetFileName(incremental.Path)}' builds on exist: ", problem.Message, StringComparison.Ordinal);
    }

    private DatabaseBackup Runner(BackupKind kind, BackupType type, AgeRecipient? recipient) =>
        new(
            "fake",
            _source,
            [_destination],
            new()
            {
                Kind = kind,
                Type = type,
                Node = "A",
                NodeKey = _node,
                Encryption = recipient is null ? null : AgeProtection.ToRecipients([recipient]),
                EncryptSnapshots = true,
            },
            OutputResources.Create(),
            _time
        );

    private async Task<BackupOutcome> RunAsync(
        BackupKind kind,
        BackupType type = BackupType.Snapshot,
        AgeRecipient? recipient = null,
        DatabaseKey? databaseKey = null
    )
    {
        var outcome = await Runner(kind, type, recipient).RunAsync(_source.Database("db"), databaseKey, new(1), () => { }, Token);
        Assert.Null(outcome.Error);
        return outcome;
    }

    private async Task<List<StoredChain>> ChainsAsync()
    {
        var chains = new List<StoredChain>();
        await foreach (var chain in DatabaseFolder.Of(_destination, new("fake", "db")).ListChainsAsync(Token))
        {
            chains.Add(chain);
        }
        return chains;
    }

    private async Task<byte[]> RestoreNewestAsync(AgeKeys? keys = null)
    {
        var chain = (await ChainsAsync())[0];
        var path = new ResolvedLocation(_destination, [chain], null);
        var point = await RestorePointFinder.FindAsync(path, null, keys ?? AgeKeys.None, Token);
        await using var reader = await RestorePointReader.OpenAsync(_destination, point, keys ?? AgeKeys.None, Token);
        await DatabaseRestore.RunAsync("fake", _source, "restored", reader, Token);
        var bytes = _source.Databases["restored"];
        _source.Databases.Remove("restored");
        return bytes;
    }

    // Checks streams and refuses none.
    private sealed class PlainEngine : IDatabaseEngine
    {
        public string Name => "fake";

        public IDatabaseSource Attach(SourceConfig config) => throw new NotSupportedException();

        public IStreamCheck CreateStreamCheck(string item) => new Check();

        private sealed class Check : IStreamCheck
        {
            public StreamCheckpoint? Checkpoint => new(0, 0, "");

            public void Process(ReadOnlySpan<byte> bytes) { }

            public void Complete() { }

            public void ResumeAt(StreamCheckpoint mark) { }
        }
    }
}
