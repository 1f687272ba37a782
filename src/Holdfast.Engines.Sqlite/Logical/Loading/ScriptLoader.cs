using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>Runs the statements of a script, and only such as a backup holds.</summary>
internal sealed class ScriptLoader : IDisposable
{
    // SQLITE_ERROR, TOOBIG, CONSTRAINT, MISMATCH, AUTH, RANGE.
    private static readonly int[] ScriptErrorCodes = [1, 18, 19, 20, 23, 25];

    private const int MaxWarnings = 20;

    private const string TakesTooLong = "it takes longer than a script of this length may";

    private readonly SqliteConnection _connection;
    private readonly ScriptAuthorizer _authorizer;
    private readonly ScriptControlStatements _settings;
    private readonly LoadLimits _limits;
    private readonly WorkBudget _budget;
    private readonly HeapLimit _heap;
    private readonly CancellationToken _cancellationToken;
    private InsertRunner? _inserts;
    private long _number;
    private long _longestStatement;

    /// <summary>
    /// Starts with an empty database, which may grow to about twice <paramref name="expectedBytes"/> where that is not
    /// 0, and not beyond what the limits say.
    /// </summary>
    public ScriptLoader(SqliteConnection connection, long expectedBytes, LoadLimits limits, CancellationToken cancellationToken)
    {
        _connection = connection;
        _limits = limits;
        _authorizer = new(connection);
        _settings = new(connection, expectedBytes, limits);
        _heap = new(limits);
        _budget = new(limits, connection.Handle);
        _cancellationToken = cancellationToken;
    }

    /// <summary>Rows written, statistics left out.</summary>
    public long Rows => _inserts?.Rows ?? 0;

    /// <summary>What the operator should know of the values.</summary>
    public IReadOnlyList<string> Warnings =>
        [
            .. (_inserts?.ConvertedValues ?? new Dictionary<string, long>())
                .Take(MaxWarnings)
                .Select(c =>
                    $"{c.Value:N0} values were turned into others by the type of their column {c.Key}, as text that looks "
                    + "like a number: an earlier version wrote this backup and did not tell. 'holdfast extract' gives the "
                    + "script, which has them as they were."
                ),
        ];

    /// <summary>Runs the statement at <paramref name="offset"/> of the script.</summary>
    /// <exception cref="HoldfastException">It is refused, or it fails.</exception>
    public void Run(Span<byte> sql, long offset)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _number++;
        var begin = ScriptErrors.GetBeginning(sql);
        string? fault;
        _longestStatement = Math.Max(_longestStatement, sql.Length);
        SqliteNative.sqlite3_limit(_connection.Handle, SqliteConstants.LimitLength, LoadLimits.GetMaxValueLength(_longestStatement));
        _heap.Begin(_longestStatement);
        _budget.Resume(offset + sql.Length);
        try
        {
            fault = _settings.IsComplete ? ScriptErrors.AfterLast : Dispatch(sql, offset);
        }
        catch (HoldfastException e)
        {
            var (code, text) = (_connection.ErrorCode & 0xFF, _connection.ErrorMessage);
            fault = _authorizer.DeniedAction ?? GetExceededLimit(code);
            if (fault is null && ScriptErrorCodes.Contains(code))
            {
                throw ScriptErrors.Failed(_number, offset, text, begin, e);
            }
            if (fault is null)
            {
                throw; // the disk's fault
            }
        }
        finally
        {
            _budget.Pause();
        }

        if (fault is null && _budget.IsExceeded)
        {
            fault = TakesTooLong; // SQLite heeds an interrupt in loops only, and short statements have none
        }
        if (fault is not null)
        {
            throw ScriptErrors.Refused(_number, offset, fault, begin);
        }
    }

    /// <summary>Checks that the script came to its end, and makes the database's journal mode its own.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/>.</exception>
    public void Finish(long offset, bool hasRest)
    {
        if (hasRest || !_settings.IsComplete)
        {
            throw ScriptErrors.Truncated(_number, offset);
        }
        _inserts?.ReleaseStatement();
        using var permit = _authorizer.Allow(StatementKind.Internal);
        _settings.Finish();
        _authorizer.Dispose();
    }

    /// <summary>Compares what was loaded with what the backup says of it.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/>, or its schema takes more than it may.</exception>
    public void Verify(IReadOnlyDictionary<string, string> fingerprint, long scriptBytes)
    {
        _budget.Resume(scriptBytes);
        try
        {
            LoadVerifier.Verify(_connection, fingerprint, Rows, _cancellationToken);
        }
        catch (HoldfastException e) when (GetExceededLimit(_connection.ErrorCode & 0xFF) is { } excess)
        {
            throw ScriptErrors.LimitExceeded(excess, e);
        }
        finally
        {
            _budget.Pause();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _budget.Dispose();
        _heap.Dispose();
        _inserts?.Dispose();
        _authorizer.Dispose();
    }

    // What a script of its length has no business to ask for.
    private string? GetExceededLimit(int code) =>
        code switch
        {
            SqliteConstants.Full when _settings.IsAtSizeLimit =>
                "more data than the backed-up database had, or than a script of this length makes",
            SqliteConstants.TooBig => "a value that is longer than what the script has",
            SqliteConstants.NoMemory => $"more than {_limits.GetMaxHeap(_longestStatement):N0} bytes of memory",
            SqliteConstants.Interrupt when _budget.WasInterrupted => TakesTooLong,
            _ => null,
        };

    private string? Dispatch(Span<byte> sql, long offset)
    {
        if (!sql.StartsWith("PRAGMA "u8))
        {
            using (_authorizer.Allow(StatementKind.Internal))
            {
                _settings.LimitSize(offset + sql.Length);
            }
        }
        if (sql.StartsWith("INSERT "u8))
        {
            using var permit = _authorizer.Allow(StatementKind.Insert);
            return (_inserts ??= new(_connection, _authorizer, _settings.Utf16, _cancellationToken)).Run(sql);
        }

        _inserts?.ReleaseStatement();
        if (StatementClassifier.ClassifyDefinition(sql) is { } kind)
        {
            return Execute(kind, sql);
        }
        if (sql.StartsWith("DELETE FROM \""u8))
        {
            return Execute(StatementKind.Delete, sql);
        }
        using (_authorizer.Allow(StatementKind.Internal))
        {
            return _settings.TryRun(Encoding.UTF8.GetString(sql[..^1].Trim((byte)'\n'))) ? null : ScriptErrors.UnknownKind;
        }
    }

    private string? Execute(StatementKind kind, ReadOnlySpan<byte> sql)
    {
        using var permit = _authorizer.Allow(kind);
        return _connection.TryExecuteOne(sql) ? null : "a second statement behind the first";
    }
}
