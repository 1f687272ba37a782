using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Contract;

/// <summary>
/// The guarantees of every engine. Tests of an implementation derive from this class; it is complete when all tests pass.
/// </summary>
public abstract class EngineContract : IAsyncLifetime
{
    private IDatabaseSource? _source;

    /// <summary>The types of archives.</summary>
    public static TheoryData<BackupType> Types => [BackupType.Backup, BackupType.Snapshot];

    /// <summary>The engine under test.</summary>
    protected abstract IDatabaseEngine Engine { get; }

    /// <summary>Whether the engine supports snapshots; otherwise it makes a logical backup instead and states why.</summary>
    protected abstract bool HasSnapshots { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDatabaseSource Source => _source ?? throw new InvalidOperationException("not attached");

    public async ValueTask InitializeAsync() => _source = Engine.Attach(await NewSourceAsync());

    public virtual async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Discovery_finds_every_database_in_order_of_names()
    {
        Assert.Empty(await DiscoverAsync());
        foreach (var name in new[] { "zoo", "alpha", "Mid" })
        {
            await CreateAsync(name, 10);
        }
        var found = await DiscoverAsync();
        Assert.Equal(["Mid", "alpha", "zoo"], found.Select(d => d.Name));
        Assert.All(found, d => Assert.True(d.SizeBytes > 0 && d.Problem is null && d.Encryption == EncryptionState.No));
    }

    [Fact]
    public async Task An_unavailable_source_is_an_error_and_not_an_empty_list()
    {
        await using var down = Engine.Attach(DownSource());
        Assert.Equal(
            ErrorCatalog.SourceUnreadable,
            (await Assert.ThrowsAsync<HoldfastException>(async () => await DiscoverAsync(down))).Error
        );
        Assert.Equal(ErrorCatalog.SourceUnreadable, (await Assert.ThrowsAsync<HoldfastException>(() => down.DescribeAsync(Token))).Error);
    }

    [Fact]
    public async Task A_source_reports_its_version() => Assert.NotEmpty((await Source.DescribeAsync(Token)).Version);

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_view_restores_to_an_equal_database(BackupType type)
    {
        await CreateAsync("original", 500);
        var (items, fingerprint, made) = await BackUpAsync("original", type);
        Assert.Equal(type == BackupType.Snapshot && HasSnapshots, made == BackupType.Snapshot);
        await RestoreAsync("copy", made, items, fingerprint);
        Assert.Equal(await ContentsAsync("original"), await ContentsAsync("copy"));
        Assert.Equal(["copy", "original"], (await DiscoverAsync()).Select(d => d.Name));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_view_is_consistent_with_the_time_it_was_opened(BackupType type)
    {
        await CreateAsync("moving", 100);
        var before = await ContentsAsync("moving");
        var items = new MemoryItems();
        IReadOnlyDictionary<string, string> fingerprint;
        BackupType made;
        await using (var view = await OpenAsync("moving", type))
        {
            made = view.Type;
            if (WritesWhileViewed)
            {
                await AddRowsAsync("moving", 50);
            }
            fingerprint = await view.WriteAsync(items, Token);
        }

        await RestoreAsync("then", made, items, fingerprint);
        Assert.Equal(before, await ContentsAsync("then"));
    }

    [Fact]
    public async Task A_view_and_a_restore_report_their_source()
    {
        await CreateAsync("original", 20);
        var info = await Source.DescribeAsync(Token);
        var (_, fingerprint, made) = await BackUpAsync("original", BackupType.Backup);
        await using (var view = await OpenAsync("original", BackupType.Backup))
        {
            Assert.Equal(info, view.Source);
        }
        await using var target = await Source.BeginRestoreAsync(new("copy", made, null, fingerprint, 100_000), Token);
        Assert.Equal(info, target.Source);
    }

    [Fact]
    public async Task Equal_tokens_mean_equal_contents_and_a_change_changes_the_token()
    {
        await CreateAsync("tokens", 10);
        var first = await TokenAsync("tokens");
        var second = await TokenAsync("tokens");
        if (first is not null && second is not null)
        {
            Assert.Equal(first, second);
        }
        await AddRowsAsync("tokens", 1);
        var third = await TokenAsync("tokens");
        if (third is not null)
        {
            Assert.NotEqual(first, third);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_taken_name_is_refused_and_the_database_unchanged(BackupType type)
    {
        await CreateAsync("taken", 20);
        await CreateAsync("other", 5);
        var before = await ContentsAsync("taken");
        var (items, fingerprint, made) = await BackUpAsync("other", type);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync("taken", made, items, fingerprint));
        Assert.Equal(ErrorCatalog.TargetExists, failure.Error);
        Assert.Equal(before, await ContentsAsync("taken"));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_restore_in_progress_is_not_discovered_and_leaves_nothing_when_abandoned(BackupType type)
    {
        await CreateAsync("original", 20);
        var (items, fingerprint, made) = await BackUpAsync("original", type);
        await using (var target = await Source.BeginRestoreAsync(new("copy", made, null, fingerprint, 100_000), Token))
        {
            await target.LoadAsync(items, Token);
            Assert.Equal(["original"], (await DiscoverAsync()).Select(d => d.Name));
        }

        Assert.Equal(["original"], (await DiscoverAsync()).Select(d => d.Name));
        await AssertNothingLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task An_archive_that_becomes_unavailable_during_a_restore_leaves_nothing(BackupType type)
    {
        await CreateAsync("original", 2000);
        var (items, fingerprint, made) = await BackUpAsync("original", type);
        items.FailsAfter = 10_000;
        await Assert.ThrowsAnyAsync<Exception>(() => RestoreAsync("copy", made, items, fingerprint));
        Assert.Equal(["original"], (await DiscoverAsync()).Select(d => d.Name));
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_wrong_fingerprint_is_corruption_and_leaves_nothing()
    {
        await CreateAsync("original", 20);
        var (items, fingerprint, made) = await BackUpAsync("original", BackupType.Backup);
        var other = fingerprint.ToDictionary(f => f.Key, f => f.Value + "0");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync("copy", made, items, other));
        Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
        await AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("a/../../escape")]
    [InlineData("/tmp/escape")]
    public async Task A_name_that_leaves_the_source_is_refused(string name)
    {
        await CreateAsync("original", 5);
        var (items, fingerprint, made) = await BackUpAsync("original", BackupType.Backup);
        if (NamesArePaths)
        {
            await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(name, made, items, fingerprint));
        }
        else
        {
            await RestoreAsync(name, made, items, fingerprint);
        }
    }

    [Theory]
    [InlineData("gr\u00f6\u00dfe \u65e5\u672c \U0001F600")]
    [InlineData("with space, comma; semicolon")]
    [InlineData("quo'te \"double\" `grave` \\back")]
    [InlineData("%41 $x ${y} *?[a] = -- #")]
    [InlineData("-dash --to")]
    public async Task A_database_with_an_unusual_name_is_discovered_and_restored_under_another(string name)
    {
        await CreateAsync(name, 5);
        Assert.Equal([name], (await DiscoverAsync()).Select(d => d.Name));
        var (items, fingerprint, made) = await BackUpAsync(name, BackupType.Backup);
        await RestoreAsync(name + "2", made, items, fingerprint);
        Assert.Equal([name, name + "2"], (await DiscoverAsync()).Select(d => d.Name));
        Assert.Equal(await ContentsAsync(name), await ContentsAsync(name + "2"));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Names_and_texts_are_restored_exactly_in_every_encoding(BackupType type)
    {
        Assert.SkipUnless(type == BackupType.Backup || HasSnapshots, "The engine has no snapshots.");
        foreach (var (encoding, word) in Encodings)
        {
            string[] names = [word, $"{word} with space", $"{word}\"double\"", $"{word}'quo;te --", $"{word}\\back %41 $x", "select"];
            await CreateAsync("original", encoding, names);
            var (items, fingerprint, made) = await BackUpAsync("original", type);
            await RestoreAsync("copy", made, items, fingerprint);
            var contents = await ContentsAsync("copy", names);
            Assert.Contains(word, contents, StringComparison.Ordinal);
            Assert.Equal(await ContentsAsync("original", names), contents);
            foreach (var name in new[] { "original", "copy" })
            {
                await DropAsync(name);
            }
        }
    }

    [Fact]
    public async Task A_database_dropped_after_discovery_is_reported_by_name()
    {
        await CreateAsync("brief", 5);
        var found = (await DiscoverAsync()).Single();
        await DropAsync("brief");
        var failure = await Assert.ThrowsAsync<HoldfastException>(async () =>
        {
            await using var view = await Source.OpenViewAsync(found, new(BackupType.Backup, null), Token);
            await view.WriteAsync(new MemoryItems(), Token);
        });
        Assert.Contains("brief", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCatalog.NotFound, failure.Error);
    }

    [Fact]
    public async Task The_configuration_of_another_engine_is_refused()
    {
        await Task.CompletedTask;
        Assert.Throws<ArgumentException>(() => Engine.Attach(new OtherConfig()));
    }

    /// <summary>Whether another connection can write while a view is open.</summary>
    protected virtual bool WritesWhileViewed => true;

    /// <summary>Whether names of databases are paths, which can lead outside of the source.</summary>
    protected virtual bool NamesArePaths => false;

    /// <summary>The encodings of databases, each with a non-ASCII word.</summary>
    protected abstract IReadOnlyList<(string Encoding, string Word)> Encodings { get; }

    /// <summary>Creates a database in an encoding, with a table, a column, an index, a view and a text for each of the names.</summary>
    protected abstract Task CreateAsync(string name, string encoding, IReadOnlyList<string> names);

    /// <summary>Returns the contents of such a database and its encoding, as text.</summary>
    protected abstract Task<string> ContentsAsync(string name, IReadOnlyList<string> names);

    /// <summary>Creates an empty source.</summary>
    protected abstract ValueTask<SourceConfig> NewSourceAsync();

    /// <summary>Returns the configuration of an unreachable source.</summary>
    protected abstract SourceConfig DownSource();

    /// <summary>Creates a database with some tables and <paramref name="rows"/> rows.</summary>
    protected abstract Task CreateAsync(string name, int rows);

    /// <summary>Adds rows to a database on a separate connection.</summary>
    protected abstract Task AddRowsAsync(string name, int rows);

    /// <summary>Drops a database.</summary>
    protected abstract Task DropAsync(string name);

    /// <summary>Returns the contents of a database, as text.</summary>
    protected abstract Task<string> ContentsAsync(string name);

    /// <summary>Fails if the source contains anything except its databases.</summary>
    protected abstract Task AssertNothingLeftAsync();

    private Task<List<DiscoveredDatabase>> DiscoverAsync() => DiscoverAsync(Source);

    private static async Task<List<DiscoveredDatabase>> DiscoverAsync(IDatabaseSource source)
    {
        var found = new List<DiscoveredDatabase>();
        await foreach (var database in source.DiscoverAsync(Token))
        {
            found.Add(database);
        }
        return found;
    }

    private async Task<IDatabaseView> OpenAsync(string name, BackupType type) =>
        await Source.OpenViewAsync((await DiscoverAsync()).Single(d => d.Name == name), new(type, null), Token);

    private async Task<string?> TokenAsync(string name)
    {
        await using var view = await OpenAsync(name, BackupType.Backup);
        return view.ChangeToken;
    }

    private async Task<(MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint, BackupType Made)> BackUpAsync(
        string name,
        BackupType type
    )
    {
        var items = new MemoryItems();
        await using var view = await OpenAsync(name, type);
        return (items, await view.WriteAsync(items, Token), view.Type);
    }

    private async Task RestoreAsync(string name, BackupType type, MemoryItems items, IReadOnlyDictionary<string, string> fingerprint)
    {
        await using var target = await Source.BeginRestoreAsync(new(name, type, null, fingerprint, items.Items.Sum(i => i.Length)), Token);
        await target.LoadAsync(items, Token);
        await target.CommitAsync(Token);
    }

    private sealed record OtherConfig : SourceConfig;
}
