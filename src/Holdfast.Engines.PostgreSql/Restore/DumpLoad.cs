using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

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
internal sealed class DumpLoad(RestoreRuns runs, RestoreList list, NpgsqlConnection keeper, RowLoad rows, LateChecks? late, int jobs)
    : IAsyncDisposable
{
    // The indexes of smaller ones wait for the end: to build them is quicker than to start a program for each.
    private const long LargeBytes = 32 << 20;

    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<int> _counted = [];
    private readonly DumpPieces _pieces = new();
    private DumpScanner? _scanner;
    private FileStream? _head;
    private LoadOrder? _order;
    private string _encoding = "";
    private Child? _child;
    private long _bytes;
    private bool _isStreaming = true;
    private bool _isStaged; // whether the rows that come are not in their table yet
    private Task _indexes = Task.CompletedTask;

    /// <summary>What went by.</summary>
    public DumpScanner Dump => _scanner ??= new(_pieces);

    /// <summary>Takes the next bytes.</summary>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_indexes.IsFaulted)
        {
            await _indexes;
        }
        var wasComplete = Dump.Head.IsComplete;
        _pieces.Clear(bytes.Length);
        Dump.Scan(bytes.Span);
        _pieces.Stop();
        if (!wasComplete)
        {
            _head ??= runs.CreateHead();
            await _head.WriteAsync(
                bytes[..(Dump.Head.IsComplete ? (int)(Dump.Head.Length - _head.Length) : bytes.Length)],
                cancellationToken
            );
            await _head.FlushAsync(cancellationToken);
            if (Dump.Head.IsComplete)
            {
                await StartAsync(cancellationToken);
            }
        }

        for (var i = 0; i < _pieces.Count; i++)
        {
            var (entry, data, isBegin, isEnd) = _pieces[i];
            if (isBegin)
            {
                await BeginAsync(entry, cancellationToken);
            }
            if (!data.IsEmpty)
            {
                await (_child is null ? rows.WriteAsync(data, cancellationToken) : WriteAsync(data, cancellationToken));
            }
            _bytes += data.Length;
            if (isEnd)
            {
                await EndAsync(entry, cancellationToken);
            }
        }
    }

    /// <summary>Waits until all that came is loaded.</summary>
    public async Task EndRowsAsync(CancellationToken cancellationToken)
    {
        Dump.Complete();
        _isStreaming = false;
        await rows.DisposeAsync();
        await using (cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null))
        {
            await _indexes;
        }
        if (late is not null)
        {
            await late.EndAsync(cancellationToken);
        }
    }

    /// <summary>Compares what was loaded with the dump.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        ContentCheck.RunAsync(keeper, Dump, _counted, late?.Kept ?? new Dictionary<int, string>(), cancellationToken);

    /// <summary>Makes what comes after the rows.</summary>
    public Task FinishAsync(CancellationToken cancellationToken) =>
        runs.RunAsync(_order!.Rest(late?.ComesLater ?? new HashSet<int>()), jobs, false, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _indexes.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // how it ended was told, or is told by what failed before
        if (_child is not null)
        {
            await _child.DisposeAsync();
        }
        await rows.DisposeAsync();
        if (late is not null)
        {
            await late.DisposeAsync();
        }
        if (_head is not null)
        {
            await _head.DisposeAsync();
        }
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _head!.DisposeAsync();
        await runs.ChooseAsync(Dump.Head.MadeBy, cancellationToken);
        _order = new(Dump.Head, list.LeaveOut(Dump.Head));
        _encoding = Dump.Head.EncodingName is { Length: > 0 } name ? name : throw DumpFailure.Unknown("it does not tell its encoding");
        await runs.RunAsync(_order.First(), 1, false, cancellationToken);
        if (late is not null)
        {
            await late.BeginAsync(Dump.Head, cancellationToken);
        }
    }

    private async Task BeginAsync(TocEntry entry, CancellationToken cancellationToken)
    {
        _bytes = 0;
        if (entry.Kind != TocEntry.TableData)
        {
            _child = await runs.StartAsync(entry.Id, cancellationToken);
            return;
        }

        var staged = late is null ? null : await late.StageAsync(entry, cancellationToken);
        _isStaged = staged is not null;
        rows.Open(entry, staged ?? entry.Copy, _encoding);
    }

    private async Task EndAsync(TocEntry entry, CancellationToken cancellationToken)
    {
        if (_child is null)
        {
            await rows.CloseAsync(cancellationToken);
            if (_bytes >= LargeBytes && !_isStaged && entry.IsLoadedByItsName && _order!.IndexesOf(entry) is { Count: > 0 } indexes)
            {
                _indexes = BuildAsync(_indexes, entry, indexes);
            }
            return;
        }

        await EndChildAsync(cancellationToken);
    }

    private async Task BuildAsync(Task before, TocEntry table, IReadOnlyList<int> indexes)
    {
        await before;
        await ContentCheck.CountAsync(keeper, table, _stop.Token); // before something locks it for long
        _counted.Add(table.Id);
        await runs.RunAsync(indexes, _isStreaming ? Math.Max(1, jobs - 1) : jobs, _isStreaming, _stop.Token);
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _child!.Input.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException)
        {
            await EndChildAsync(cancellationToken); // it reads no more: its own words tell why
            throw DumpFailure.Unknown("pg_restore does not take all of its large objects");
        }
    }

    private async Task EndChildAsync(CancellationToken cancellationToken)
    {
        try
        {
            _child!.Input.Close();
        }
        catch (IOException)
        {
            // it is gone already
        }

        await runs.EndAsync(_child!, cancellationToken);
        await _child!.DisposeAsync();
        _child = null;
    }
}
