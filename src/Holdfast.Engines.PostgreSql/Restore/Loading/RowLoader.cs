using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Loads the rows of tables, one table after the other, over connections of its own: in large pieces, where
/// <c>pg_restore</c> sends one message for each
/// row of a dump without compression. A large table is loaded over several connections, which take turns.
/// </summary>
/// <param name="sessions">Opens sessions of the new database.</param>
/// <param name="target">The database, for errors.</param>
/// <param name="hint">What to do where the server refuses rows for a reason that is not known.</param>
/// <param name="most">Number of connections.</param>
internal sealed class RowLoader(LoadSessionFactory sessions, string target, string? hint, int most) : IAsyncDisposable
{
    private const string StatementEnding = " FROM stdin;";
    private const int PieceBytes = 1 << 20;

    private readonly List<(RowLane Lane, byte[] Piece)> _lanes = [];
    private TocEntry? _table;
    private string? _copy;
    private int _laneIndex; // of the lane whose turn it is
    private int _pieceLength; // of its piece

    // Behind the last row, each in a line of its own.
    private static ReadOnlySpan<byte> RowsEnding => "\\.\n\n\n"u8;

    /// <summary>Begins with the rows of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="statement">The statement that loads them.</param>
    /// <param name="encoding">The encoding of its rows.</param>
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
        (_table, _copy, _laneIndex, _pieceLength) = (table, $"{copy[..^1]} WITH (ENCODING {Sql.QuoteLiteral(encoding)})", 0, 0);
    }

    /// <summary>Loads rows of that table.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> rows, CancellationToken cancellationToken) =>
        TranslateErrorsAsync(async () =>
        {
            while (!rows.IsEmpty)
            {
                var (lane, piece) = await GetLaneAsync(cancellationToken);
                if (_pieceLength == 0)
                {
                    await lane.WaitForSendAsync();
                }
                var taken = Math.Min(rows.Length, piece.Length - _pieceLength);
                rows[..taken].CopyTo(piece.AsMemory(_pieceLength));
                _pieceLength += taken;
                rows = rows[taken..];
                if (_pieceLength == piece.Length)
                {
                    await SwitchLaneAsync(cancellationToken);
                }
            }
        });

    /// <summary>Ends them. Only now the server says whether all were right.</summary>
    public Task EndTableAsync(CancellationToken cancellationToken) =>
        TranslateErrorsAsync(async () =>
        {
            var (lane, piece) = await GetLaneAsync(cancellationToken);
            if (!piece.AsSpan(0, _pieceLength).EndsWith(RowsEnding))
            {
                throw DumpFailure.Unsupported($"the rows of {_table!.Name} do not end as COPY ends");
            }
            await lane.OpenAsync(_copy!, cancellationToken);
            lane.Send(piece.AsMemory(0, _pieceLength - RowsEnding.Length), cancellationToken);
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

    // What ends the rows may have come in part: so many bytes are held back, and the whole of it is in the last piece.
    private async Task SwitchLaneAsync(CancellationToken cancellationToken)
    {
        var (lane, piece) = _lanes[_laneIndex];
        var sure = _pieceLength - RowsEnding.Length;
        var end = piece.AsSpan(0, sure).LastIndexOf((byte)'\n') + 1;
        await lane.OpenAsync(_copy!, cancellationToken);
        if (end == 0)
        {
            // A row that is larger than a piece stays with its lane.
            lane.Send(piece.AsMemory(0, sure), cancellationToken);
            await lane.WaitForSendAsync();
            piece.AsSpan(sure, _pieceLength - sure).CopyTo(piece);
            _pieceLength -= sure;
            return;
        }

        lane.Send(piece.AsMemory(0, end), cancellationToken);
        var left = _pieceLength - end;
        _laneIndex = (_laneIndex + 1) % most;
        var (next, nextPiece) = await GetLaneAsync(cancellationToken);
        var rest = piece.AsMemory(end, left);
        if (next == lane)
        {
            await lane.WaitForSendAsync();
            rest.Span.CopyTo(piece);
        }
        else
        {
            await next.WaitForSendAsync();
            rest.CopyTo(nextPiece);
        }

        _pieceLength = left;
    }

    private async Task<(RowLane Lane, byte[] Piece)> GetLaneAsync(CancellationToken cancellationToken)
    {
        if (_laneIndex < _lanes.Count)
        {
            return _lanes[_laneIndex];
        }
        _lanes.Add((new(await sessions.OpenAsync(cancellationToken)), new byte[PieceBytes]));
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
                ErrorCatalogue.NotAllowed,
                hint
            );
        }
    }
}
