using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Deferred;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Loads a dump while it arrives, without a copy of it: definitions first, then rows in the order of the stream. The
/// indexes of large tables are built as soon as their rows are loaded, while later rows are still arriving. Only the
/// header is written to a file, which is all that <c>pg_restore</c> needs for everything except data.
/// </summary>
/// <param name="runner">Runs <c>pg_restore</c>.</param>
/// <param name="filter">Selects what to restore.</param>
/// <param name="guardConnection">The guard connection to the new database, which counts rows.</param>
/// <param name="rows">Loads rows. Disposed together with this.</param>
/// <param name="deferred">
/// Defers checks that could fail because of a function; null if such a failure aborts the restore. Disposed together
/// with this.
/// </param>
/// <param name="jobs">Number of connections for loading and building at the same time.</param>
internal sealed class DumpLoader(
    PgRestoreRunner runner,
    RestoreFilter filter,
    NpgsqlConnection guardConnection,
    RowLoader rows,
    DeferredChecks? deferred,
    int jobs
) : IAsyncDisposable
{
    // For smaller tables, building their indexes at the end is faster than starting a program for each table.
    private const long LargeBytes = 32 << 20;

    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<int> _counted = [];
    private readonly DumpSegments _segments = new();
    private DumpScanner? _scanner;
    private FileStream? _headerFile;
    private LoadOrder? _order;
    private string _encoding = "";
    private ToolProcess? _process;
    private long _entryBytes;
    private bool _isStreaming = true;
    private bool _isStaged; // whether the current rows go to a staging table
    private Task _indexBuild = Task.CompletedTask;

    /// <summary>The scanner of the dump.</summary>
    public DumpScanner Scanner => _scanner ??= new(_segments);

    /// <summary>Processes the next bytes.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_indexBuild.IsFaulted)
        {
            await _indexBuild;
        }
        var wasComplete = Scanner.Header.IsComplete;
        _segments.Reset(bytes.Length);
        Scanner.Scan(bytes.Span);
        _segments.CompleteScan();
        if (!wasComplete)
        {
            _headerFile ??= runner.CreateHeaderFile();
            await _headerFile.WriteAsync(
                bytes[..(Scanner.Header.IsComplete ? (int)(Scanner.Header.Length - _headerFile.Length) : bytes.Length)],
                cancellationToken
            );
            await _headerFile.FlushAsync(cancellationToken);
            if (Scanner.Header.IsComplete)
            {
                await StartAsync(cancellationToken);
            }
        }

        for (var i = 0; i < _segments.Count; i++)
        {
            var (entry, data, isBegin, isEnd) = _segments[i];
            if (isBegin)
            {
                await BeginEntryAsync(entry, cancellationToken);
            }
            if (!data.IsEmpty)
            {
                await (_process is null ? rows.WriteAsync(data, cancellationToken) : WriteAsync(data, cancellationToken));
            }
            _entryBytes += data.Length;
            if (isEnd)
            {
                await EndEntryAsync(entry, cancellationToken);
            }
        }
    }

    /// <summary>Waits until all rows are loaded.</summary>
    public async Task CompleteRowsAsync(CancellationToken cancellationToken)
    {
        Scanner.Complete();
        _isStreaming = false;
        await rows.DisposeAsync();
        await using (cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null))
        {
            await _indexBuild;
        }
        if (deferred is not null)
        {
            await deferred.ApplyAsync(cancellationToken);
        }
    }

    /// <summary>Compares the loaded data with the dump.</summary>
    public Task VerifyAsync(CancellationToken cancellationToken) =>
        ContentCheck.RunAsync(
            guardConnection,
            Scanner,
            _counted,
            deferred?.UnmovedTables ?? new Dictionary<int, string>(),
            cancellationToken
        );

    /// <summary>Restores the post-data section.</summary>
    public Task RestorePostDataAsync(CancellationToken cancellationToken) =>
        runner.RunAsync(_order!.TakeRest(deferred?.DeferredEntryIds ?? new HashSet<int>()), jobs, false, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // a failure has been reported, or follows from an earlier one
        await _indexBuild.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        await rows.DisposeAsync();
        if (deferred is not null)
        {
            await deferred.DisposeAsync();
        }
        if (_headerFile is not null)
        {
            await _headerFile.DisposeAsync();
        }
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _headerFile!.DisposeAsync();
        await runner.SelectToolAsync(Scanner.Header.PgDumpMajor, cancellationToken);
        _order = new(Scanner.Header, filter.SelectExcluded(Scanner.Header));
        _encoding = Scanner.Header.EncodingName is { Length: > 0 } name
            ? name
            : throw DumpFailure.Unsupported("it does not contain its encoding");
        await runner.RunAsync(_order.TakePreData(), 1, false, cancellationToken);
        if (deferred is not null)
        {
            await deferred.DeferAsync(Scanner.Header, cancellationToken);
        }
    }

    private async Task BeginEntryAsync(TocEntry entry, CancellationToken cancellationToken)
    {
        _entryBytes = 0;
        if (entry.Kind != TocEntry.TableData)
        {
            _process = await runner.StartAsync(entry.Id, cancellationToken);
            return;
        }

        var stagingCopy = deferred is null ? null : await deferred.StageAsync(entry, cancellationToken);
        _isStaged = stagingCopy is not null;
        rows.BeginTable(entry, stagingCopy ?? entry.CopyStatement, _encoding);
    }

    private async Task EndEntryAsync(TocEntry entry, CancellationToken cancellationToken)
    {
        if (_process is null)
        {
            await rows.EndTableAsync(cancellationToken);
            if (_entryBytes >= LargeBytes && !_isStaged && entry.IsLoadedDirectly && _order!.TakeIndexes(entry) is { Count: > 0 } indexes)
            {
                _indexBuild = BuildIndexesAsync(_indexBuild, entry, indexes);
            }
            return;
        }

        await EndProcessAsync(cancellationToken);
    }

    private async Task BuildIndexesAsync(Task previousBuild, TocEntry table, IReadOnlyList<int> indexes)
    {
        await previousBuild;
        await ContentCheck.VerifyRowCountAsync(guardConnection, table, _stop.Token); // before a DDL statement holds a lock for long
        _counted.Add(table.Id);
        await runner.RunAsync(indexes, _isStreaming ? Math.Max(1, jobs - 1) : jobs, _isStreaming, _stop.Token);
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _process!.Input.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException)
        {
            await EndProcessAsync(cancellationToken); // its error output says why it stopped reading
            throw DumpFailure.Unsupported("pg_restore stopped reading its large objects");
        }
    }

    private async Task EndProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            _process!.Input.Close();
        }
        catch (IOException)
        {
            // it has exited
        }

        await runner.CompleteAsync(_process!, cancellationToken);
        await _process!.DisposeAsync();
        _process = null;
    }
}
