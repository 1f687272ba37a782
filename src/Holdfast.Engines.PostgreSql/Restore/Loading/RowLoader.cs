using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Loads the rows of one table after the other over its own connections: in large blocks, whereas <c>pg_restore</c>
/// sends one message per row of an uncompressed dump. A large table is loaded over several connections in turn.
/// </summary>
/// <param name="sessions">Opens sessions of the new database.</param>
/// <param name="target">Description of the database for errors.</param>
/// <param name="hint">The hint if the server rejects rows for an unknown reason.</param>
/// <param name="maxLanes">Maximum number of connections.</param>
internal sealed class RowLoader(LoadSessionFactory sessions, string target, string? hint, int maxLanes) : IAsyncDisposable
{
    private const string StatementEnding = " FROM stdin;";
    private const int BufferBytes = 1 << 20;

    private readonly List<(RowLane Lane, byte[] Buffer)> _lanes = [];
    private TocEntry? _table;
    private string? _copy;
    private int _laneIndex; // current lane
    private int _bufferLength; // bytes in its buffer

    // Follows the last row, each on its own line.
    private static ReadOnlySpan<byte> RowsEnding => "\\.\n\n\n"u8;

    /// <summary>Begins with the rows of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="statement">The COPY statement.</param>
    /// <param name="encoding">The encoding of the rows.</param>
    public void BeginTable(TocEntry table, string? statement, string encoding)
    {
        var copy = statement?.TrimEnd();
        if (
            copy is null
            || !copy.StartsWith("COPY ", StringComparison.Ordinal)
            || !copy.EndsWith(StatementEnding, StringComparison.Ordinal)
        )
        {
            throw DumpFailure.Unsupported($"it loads the rows of {table.Name} with '{copy}'");
        }
        (_table, _copy, _laneIndex, _bufferLength) = (table, $"{copy[..^1]} WITH (ENCODING {Sql.QuoteLiteral(encoding)})", 0, 0);
    }

    /// <summary>Loads rows of the current table.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> rows, CancellationToken cancellationToken) =>
        TranslateErrorsAsync(async () =>
        {
            while (!rows.IsEmpty)
            {
                var (lane, buffer) = await GetLaneAsync(cancellationToken);
                if (_bufferLength == 0)
                {
                    await lane.WaitForSendAsync();
                }
                var copied = Math.Min(rows.Length, buffer.Length - _bufferLength);
                rows[..copied].CopyTo(buffer.AsMemory(_bufferLength));
                _bufferLength += copied;
                rows = rows[copied..];
                if (_bufferLength == buffer.Length)
                {
                    await SwitchLaneAsync(cancellationToken);
                }
            }
        });

    /// <summary>Ends the rows. Only now does the server report whether all rows were valid.</summary>
    public Task EndTableAsync(CancellationToken cancellationToken) =>
        TranslateErrorsAsync(async () =>
        {
            var (lane, buffer) = await GetLaneAsync(cancellationToken);
            if (!buffer.AsSpan(0, _bufferLength).EndsWith(RowsEnding))
            {
                throw DumpFailure.Unsupported($"the rows of {_table!.Name} do not end as COPY ends");
            }
            await lane.OpenAsync(_copy!, cancellationToken);
            lane.Send(buffer.AsMemory(0, _bufferLength - RowsEnding.Length), cancellationToken);
            await Task.WhenAll(_lanes.Select(l => l.Lane.CloseAsync()));
        });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var (lane, _) in _lanes)
        {
            await lane.DisposeAsync();
        }
        _lanes.Clear();
    }

    // The terminator of the rows may be split over two calls: as many bytes are retained, so that the last buffer
    // contains all of it.
    private async Task SwitchLaneAsync(CancellationToken cancellationToken)
    {
        var (lane, buffer) = _lanes[_laneIndex];
        var complete = _bufferLength - RowsEnding.Length;
        var end = buffer.AsSpan(0, complete).LastIndexOf((byte)'\n') + 1;
        await lane.OpenAsync(_copy!, cancellationToken);
        if (end == 0)
        {
            // A row that is longer than a buffer stays with its lane.
            lane.Send(buffer.AsMemory(0, complete), cancellationToken);
            await lane.WaitForSendAsync();
            buffer.AsSpan(complete, _bufferLength - complete).CopyTo(buffer);
            _bufferLength -= complete;
            return;
        }

        lane.Send(buffer.AsMemory(0, end), cancellationToken);
        var remaining = _bufferLength - end;
        _laneIndex = (_laneIndex + 1) % maxLanes;
        var (next, nextBuffer) = await GetLaneAsync(cancellationToken);
        var rest = buffer.AsMemory(end, remaining);
        if (next == lane)
        {
            await lane.WaitForSendAsync();
            rest.Span.CopyTo(buffer);
        }
        else
        {
            await next.WaitForSendAsync();
            rest.CopyTo(nextBuffer);
        }

        _bufferLength = remaining;
    }

    private async Task<(RowLane Lane, byte[] Buffer)> GetLaneAsync(CancellationToken cancellationToken)
    {
        if (_laneIndex < _lanes.Count)
        {
            return _lanes[_laneIndex];
        }
        _lanes.Add((new(await sessions.OpenAsync(cancellationToken)), new byte[BufferBytes]));
        return _lanes[_laneIndex];
    }

    private async Task TranslateErrorsAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(
                e,
                $"The rows of '{_table!.Schema}.{_table.Name}' in {target}",
                ErrorCatalog.NotAllowed,
                hint
            );
        }
    }
}
