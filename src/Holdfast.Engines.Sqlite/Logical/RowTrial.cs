using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>
/// Writes rows of one table into the rehearsed schema, each when it is about to be dumped; see
/// <see cref="RowRehearsal"/>.
/// </summary>
internal sealed class RowTrial : IDisposable
{
    private const string TakesTooLong = "values generated of its rows take longer to work out than they may";

    private readonly SqliteConnection _connection;
    private readonly Rehearsal _rehearsal;
    private readonly LoadLimits _limits;
    private readonly WorkBudget _budget;
    private readonly TableShape _shape;
    private readonly SqliteStatement _select;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _clear;
    private readonly HeapLimit _heap;
    private readonly CancellationToken _cancellationToken;
    private readonly bool _isUtf16;
    private readonly long _databaseBytes;

    /// <summary>Begins with no row; see <see cref="RowRehearsal.Begin"/>.</summary>
    public RowTrial(
        SqliteConnection connection,
        Rehearsal rehearsal,
        LoadLimits limits,
        WorkBudget budget,
        TableShape shape,
        SqliteStatement select,
        CancellationToken cancellationToken
    )
    {
        (_connection, _rehearsal, _limits, _budget, _shape, _select, _cancellationToken) = (
            connection,
            rehearsal,
            limits,
            budget,
            shape,
            select,
            cancellationToken
        );
        _insert = rehearsal.Prepare(StatementKind.Insert, shape.InsertOne);
        _clear = rehearsal.Prepare(StatementKind.Delete, $"DELETE FROM {Sql.Quote(shape.Name)}");
        _heap = new(limits);
        _isUtf16 = connection.QueryText("PRAGMA encoding") != "UTF-8";
        _databaseBytes = connection.QueryNumber("PRAGMA page_count") * connection.QueryNumber("PRAGMA page_size");
        // what a virtual table's module has put into a table of its own: the script removes that, too, before it writes
        // the rows
        _clear.Step();
        _clear.Reset();
    }

    /// <summary>Tries the row that is about to be read.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceNotAsSql"/>: a restore could not write it.</exception>
    public void Try()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        var bytes = Bytes();
        sqlite3_limit(_rehearsal.Handle, LimitLength, LoadLimits.LongestValue(bytes));
        _heap.Begin(bytes); // while the row is worked out, not while it is read
        _budget.Run(_databaseBytes); // nor while the script waits for its reader
        try
        {
            for (var i = 0; i < _shape.Values; i++)
            {
                _insert.BindValue(i + 1, _select, i);
            }
            _insert.Step();
            _insert.Reset();
            _clear.Step();
            _clear.Reset();
        }
        catch (HoldfastException e)
        {
            throw Impossible(Excess(_rehearsal.ErrorCode, bytes) ?? _rehearsal.Fault, e);
        }
        finally
        {
            _budget.Pause();
            _heap.End();
        }

        if (_budget.IsOver)
        {
            throw Impossible(TakesTooLong, null); // SQLite heeds an interrupt in loops only, and writing one row has none
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _heap.Dispose();
        _insert.Dispose();
        _clear.Dispose();
    }

    private string? Excess(int code, long bytes) =>
        code switch
        {
            TooBig => $"what is generated of it is longer than {LoadLimits.LongestValue(bytes):N0} bytes",
            NoMemory => $"what is generated of it takes more than {_limits.HeapFor(bytes):N0} bytes of memory",
            Interrupt when _budget.IsSpent => TakesTooLong,
            _ => null,
        };

    private HoldfastException Impossible(string why, HoldfastException? cause) =>
        Sql.Impossible($"'{_connection.FilePath}' has a row in table \"{_shape.Name}\" that cannot be written again: {why}.", cause);

    // No more than its values have in the script: a restore's limits, by its longest statement so far, are never below what comes of this.
    private long Bytes()
    {
        var bytes = 0L;
        for (var i = 0; i < _select.Columns; i++)
        {
            var type = _select.Type(i);
            if (type is TypeText or TypeBlob)
            {
                bytes += _select.Blob(i).Length / (type == TypeText && _isUtf16 ? 2 : 1);
            }
        }

        return bytes;
    }
}
