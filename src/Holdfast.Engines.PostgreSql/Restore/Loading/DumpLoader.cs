using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Deferred;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Loads a dump as it comes, without a copy of it: definitions first, then rows in the order of the stream. While later
/// rows are loaded, the indexes of large
/// tables are built that have theirs. Only its head is kept in a file, which is all that <c>pg_restore</c> needs for everything but data.
/// </summary>
/// <param name="runs">Runs <c>pg_restore</c>.</param>
/// <param name="list">What is left out.</param>
/// <param name="keeper">A connection to the new database, which counts rows.</param>
/// <param name="rows">Loads rows. Goes with this.</param>
/// <param name="late">Puts off what could fail because of a function; null where such a failure ends the restore. Goes with this.</param>
/// <param name="jobs">Connections that load and build at once.</param>
internal sealed class DumpLoader(
    PgRestoreRunner runs,
    RestoreFilter list,
    NpgsqlConnection keeper,
    RowLoader rows,
    DeferredChecks? late,
    int jobs
) : IAsyncDisposable
{
    // The indexes of smaller ones wait for the end: to build them is quicker than to start a program for each.
    private const long LargeBytes = 32 << 20;

    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<int> _counted = [];
    private readonly DumpSegments _segments = new();
    private DumpScanner? _scanner;
    private FileStream? _headerFile;
    private LoadOrder? _order;
    private string _encoding = "";
    private ToolProcess? _process;
    private long _bytes;
    private bool _isStreaming = true;
    private bool _isStaged; // whether the rows that come are not in their table yet
    private Task _indexBuild = Task.CompletedTask;

    /// <summary>What went by.</summary>
    public DumpScanner Scanner => _scanner ??= new(_segments);

    /// <summary>Takes the next bytes.</summary>
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
            _headerFile ??= runs.CreateHeaderFile();
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
            _bytes += data.Length;
            if (isEnd)
            {
                await EndEntryAsync(entry, cancellationToken);
            }
        }
    }

    /// <summary>Waits until all that came is loaded.</summary>
    public async Task CompleteRowsAsync(CancellationToken cancellationToken)
    {
        Scanner.Complete();
        _isStreaming = false;
        await rows.DisposeAsync();
        await using (cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null))
        {
            await _indexBuild;
        }
        if (late is not null)
        {
            await late.ApplyAsync(cancellationToken);
        }
    }

    /// <summary>Compares what was loaded with the dump.</summary>
    public Task VerifyAsync(CancellationToken cancellationToken) =>
        ContentCheck.RunAsync(keeper, Scanner, _counted, late?.UnmovedTables ?? new Dictionary<int, string>(), cancellationToken);

    /// <summary>Makes what comes after the rows.</summary>
    public Task RestorePostDataAsync(CancellationToken cancellationToken) =>
        runs.RunAsync(_order!.TakeRest(late?.DeferredEntryIds ?? new HashSet<int>()), jobs, false, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _indexBuild.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // how it ended was told, or is told by what failed before
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        await rows.DisposeAsync();
        if (late is not null)
        {
            await late.DisposeAsync();
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
        await runs.SelectToolAsync(Scanner.Header.PgDumpMajor, cancellationToken);
        _order = new(Scanner.Header, list.SelectExcluded(Scanner.Header));
        _encoding = Scanner.Header.EncodingName is { Length: > 0 } name
            ? name
            : throw DumpFailure.Unsupported("it does not tell its encoding");
        await runs.RunAsync(_order.TakePreData(), 1, false, cancellationToken);
        if (late is not null)
        {
            await late.DeferAsync(Scanner.Header, cancellationToken);
        }
    }

    private async Task BeginEntryAsync(TocEntry entry, CancellationToken cancellationToken)
    {
        _bytes = 0;
        if (entry.Kind != TocEntry.TableData)
        {
            _process = await runs.StartAsync(entry.Id, cancellationToken);
            return;
        }

        var staged = late is null ? null : await late.StageAsync(entry, cancellationToken);
        _isStaged = staged is not null;
        rows.BeginTable(entry, staged ?? entry.CopyStatement, _encoding);
    }

    private async Task EndEntryAsync(TocEntry entry, CancellationToken cancellationToken)
    {
        if (_process is null)
        {
            await rows.EndTableAsync(cancellationToken);
            if (_bytes >= LargeBytes && !_isStaged && entry.IsLoadedDirectly && _order!.TakeIndexes(entry) is { Count: > 0 } indexes)
            {
                _indexBuild = BuildIndexesAsync(_indexBuild, entry, indexes);
            }
            return;
        }

        await EndProcessAsync(cancellationToken);
    }

    private async Task BuildIndexesAsync(Task before, TocEntry table, IReadOnlyList<int> indexes)
    {
        await before;
        await ContentCheck.VerifyRowCountAsync(keeper, table, _stop.Token); // before something locks it for long
        _counted.Add(table.Id);
        await runs.RunAsync(indexes, _isStreaming ? Math.Max(1, jobs - 1) : jobs, _isStreaming, _stop.Token);
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _process!.Input.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException)
        {
            await EndProcessAsync(cancellationToken); // it reads no more: its own words tell why
            throw DumpFailure.Unsupported("pg_restore does not take all of its large objects");
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
            // it is gone already
        }

        await runs.CompleteAsync(_process!, cancellationToken);
        await _process!.DisposeAsync();
        _process = null;
    }
}
