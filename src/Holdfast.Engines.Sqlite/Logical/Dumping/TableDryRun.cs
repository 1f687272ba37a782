using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Inserts the rows of one table into the dry run's schema, each just before it is dumped; see <see cref="RowDryRun"/>.
/// </summary>
internal sealed class TableDryRun : IDisposable
{
    private const string TakesTooLong = "the values generated for its rows exceed the time limit";

    private readonly SqliteConnection _connection;
    private readonly SchemaDryRun _dryRun;
    private readonly LoadLimits _limits;
    private readonly WorkBudget _budget;
    private readonly TableInfo _table;
    private readonly SqliteStatement _select;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _clear;
    private readonly HeapLimit _heap;
    private readonly CancellationToken _cancellationToken;
    private readonly bool _isUtf16;
    private readonly long _databaseBytes;

    /// <summary>Creates the dry run of an empty table; see <see cref="RowDryRun.Begin"/>.</summary>
    public TableDryRun(
        SqliteConnection connection,
        SchemaDryRun dryRun,
        LoadLimits limits,
        WorkBudget budget,
        TableInfo table,
        SqliteStatement select,
        CancellationToken cancellationToken
    )
    {
        (_connection, _dryRun, _limits, _budget, _table, _select, _cancellationToken) = (
            connection,
            dryRun,
            limits,
            budget,
            table,
            select,
            cancellationToken
        );
        _insert = dryRun.Prepare(StatementKind.Insert, table.InsertRowSql);
        _clear = dryRun.Prepare(StatementKind.Delete, $"DELETE FROM {Sql.QuoteIdentifier(table.Name)}");
        _heap = new(limits);
        _isUtf16 = connection.QueryText("PRAGMA encoding") != "UTF-8";
        _databaseBytes = connection.QueryInt64("PRAGMA page_count") * connection.QueryInt64("PRAGMA page_size");
        // removes rows that a virtual table's module has put into its own table: the script deletes those, too, before
        // it writes the rows
        _clear.Step();
        _clear.Reset();
    }

    /// <summary>Inserts the row that is about to be read.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.SourceNotScriptable"/>: a restore could not write it.</exception>
    public void ValidateRow()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        var bytes = CountRowBytes();
        sqlite3_limit(_dryRun.Handle, LimitLength, LoadLimits.GetMaxValueLength(bytes));
        _heap.Begin(bytes); // in effect while the row is computed, not while it is read
        _budget.Resume(_databaseBytes); // not while the script waits for its reader
        try
        {
            for (var i = 0; i < _table.ValueCount; i++)
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
            throw Impossible(TakesTooLong, null); // SQLite checks for interrupts in loops only, and inserting one row has none
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
            TooBig => $"a generated value is longer than {LoadLimits.GetMaxValueLength(bytes):N0} bytes",
            NoMemory => $"its generated values take more than {_limits.GetMaxHeap(bytes):N0} bytes of memory",
            Interrupt when _budget.WasInterrupted => TakesTooLong,
            _ => null,
        };

    private HoldfastException Impossible(string why, HoldfastException? cause) =>
        Sql.NotExportable($"'{_connection.FilePath}' has a row in table \"{_table.Name}\" that a restore could not write: {why}.", cause);

    // At most the length of the values in the script, so a restore's limits, which follow its longest statement so far,
    // are never lower.
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
