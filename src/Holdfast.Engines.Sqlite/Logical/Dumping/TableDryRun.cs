using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Writes rows of one table into the rehearsed schema, each when it is about to be dumped; see
/// <see cref="RowDryRun"/>.
/// </summary>
internal sealed class TableDryRun : IDisposable
{
    private const string TakesTooLong = "values generated of its rows take longer to work out than they may";

    private readonly SqliteConnection _connection;
    private readonly SchemaDryRun _dryRun;
    private readonly LoadLimits _limits;
    private readonly WorkBudget _budget;
    private readonly TableInfo _shape;
    private readonly SqliteStatement _select;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _clear;
    private readonly HeapLimit _heap;
    private readonly CancellationToken _cancellationToken;
    private readonly bool _isUtf16;
    private readonly long _databaseBytes;

    /// <summary>Begins with no row; see <see cref="RowDryRun.Begin"/>.</summary>
    public TableDryRun(
        SqliteConnection connection,
        SchemaDryRun rehearsal,
        LoadLimits limits,
        WorkBudget budget,
        TableInfo shape,
        SqliteStatement select,
        CancellationToken cancellationToken
    )
    {
        (_connection, _dryRun, _limits, _budget, _shape, _select, _cancellationToken) = (
            connection,
            rehearsal,
            limits,
            budget,
            shape,
            select,
            cancellationToken
        );
        _insert = rehearsal.Prepare(StatementKind.Insert, shape.InsertRowSql);
        _clear = rehearsal.Prepare(StatementKind.Delete, $"DELETE FROM {Sql.QuoteIdentifier(shape.Name)}");
        _heap = new(limits);
        _isUtf16 = connection.QueryText("PRAGMA encoding") != "UTF-8";
        _databaseBytes = connection.QueryInt64("PRAGMA page_count") * connection.QueryInt64("PRAGMA page_size");
        // what a virtual table's module has put into a table of its own: the script removes that, too, before it writes
        // the rows
        _clear.Step();
        _clear.Reset();
    }

    /// <summary>Tries the row that is about to be read.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceNotScriptable"/>: a restore could not write it.</exception>
    public void ValidateRow()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        var bytes = CountRowBytes();
        sqlite3_limit(_dryRun.Handle, LimitLength, LoadLimits.GetMaxValueLength(bytes));
        _heap.Begin(bytes); // while the row is worked out, not while it is read
        _budget.Resume(_databaseBytes); // nor while the script waits for its reader
        try
        {
            for (var i = 0; i < _shape.ValueCount; i++)
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
            throw Impossible(GetExceededLimit(_dryRun.ErrorCode, bytes) ?? _dryRun.LastError, e);
        }
        finally
        {
            _budget.Pause();
            _heap.End();
        }

        if (_budget.IsExceeded)
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

    private string? GetExceededLimit(int code, long bytes) =>
        code switch
        {
            TooBig => $"what is generated of it is longer than {LoadLimits.GetMaxValueLength(bytes):N0} bytes",
            NoMemory => $"what is generated of it takes more than {_limits.GetMaxHeap(bytes):N0} bytes of memory",
            Interrupt when _budget.WasInterrupted => TakesTooLong,
            _ => null,
        };

    private HoldfastException Impossible(string why, HoldfastException? cause) =>
        Sql.NotExportable($"'{_connection.FilePath}' has a row in table \"{_shape.Name}\" that cannot be written again: {why}.", cause);

    // No more than its values have in the script: a restore's limits, by its longest statement so far, are never below what comes of this.
    private long CountRowBytes()
    {
        var bytes = 0L;
        for (var i = 0; i < _select.ColumnCount; i++)
        {
            var type = _select.GetStorageClass(i);
            if (type is TypeText or TypeBlob)
            {
                bytes += _select.GetBlob(i).Length / (type == TypeText && _isUtf16 ? 2 : 1);
            }
        }

        return bytes;
    }
}
