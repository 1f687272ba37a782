using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>Runs the statements of a script, and only those that a backup contains.</summary>
internal sealed class ScriptLoader : IDisposable
{
    // SQLITE_ERROR, TOOBIG, CONSTRAINT, MISMATCH, AUTH, RANGE.
    private static readonly int[] ScriptErrorCodes = [1, 18, 19, 20, 23, 25];

    private const int MaxWarnings = 20;

    private const string TakesTooLong = "it exceeds the time limit for a script of this length";

    private readonly SqliteConnection _connection;
    private readonly ScriptAuthorizer _authorizer;
    private readonly ScriptControlStatements _controlStatements;
    private readonly LoadLimits _limits;
    private readonly WorkBudget _budget;
    private readonly HeapLimit _heap;
    private readonly CancellationToken _cancellationToken;
    private InsertRunner? _inserts;
    private long _number;
    private long _longestStatement;

    /// <summary>
    /// Starts with an empty database, which may grow to about twice <paramref name="expectedBytes"/> unless that is 0,
    /// and never beyond the limits.
    /// </summary>
    public ScriptLoader(SqliteConnection connection, long expectedBytes, LoadLimits limits, CancellationToken cancellationToken)
    {
        _connection = connection;
        _limits = limits;
        _authorizer = new(connection);
        _controlStatements = new(connection, expectedBytes, limits);
        _heap = new(limits);
        _budget = new(limits, connection.Handle);
        _cancellationToken = cancellationToken;
    }

    /// <summary>Number of rows written, without statistics.</summary>
    public long Rows => _inserts?.Rows ?? 0;

    /// <summary>Warnings for the operator about converted values.</summary>
    public IReadOnlyList<string> Warnings =>
        [
            .. (_inserts?.ConvertedValues ?? new Dictionary<string, long>())
                .Take(MaxWarnings)
                .Select(c =>
                    $"{c.Value:N0} values were converted by the type of their column {c.Key}, such as text that looks "
                    + "like a number: an earlier version wrote this backup and did not report it. 'holdfast extract' writes the "
                    + "script, which contains the original values."
                ),
        ];

    /// <summary>Runs the statement at <paramref name="offset"/> of the script.</summary>
    /// <exception cref="HoldfastException">The statement is refused, or it fails.</exception>
    public void Run(Span<byte> sql, long offset)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _number++;
        var beginning = ScriptErrors.GetBeginning(sql);
        string? problem;
        _longestStatement = Math.Max(_longestStatement, sql.Length);
        SqliteNative.sqlite3_limit(_connection.Handle, SqliteConstants.LimitLength, LoadLimits.GetMaxValueLength(_longestStatement));
        _heap.Begin(_longestStatement);
        _budget.Resume(offset + sql.Length);
        try
        {
            problem = _controlStatements.IsComplete ? ScriptErrors.AfterLast : Dispatch(sql, offset);
        }
        catch (HoldfastException e)
        {
            var (code, text) = (_connection.ErrorCode & 0xFF, _connection.ErrorMessage);
            problem = _authorizer.DeniedAction ?? GetExceededLimit(code);
            if (problem is null && ScriptErrorCodes.Contains(code))
            {
                throw ScriptErrors.Failed(_number, offset, text, beginning, e);
            }
            if (problem is null)
            {
                throw; // caused by the disk, not by the script
            }
        }
        finally
        {
            _budget.Pause();
        }

        if (problem is null && _budget.IsExceeded)
        {
            problem = TakesTooLong; // SQLite checks for interrupts in loops only, and short statements have none
        }
        if (problem is not null)
        {
            throw ScriptErrors.Refused(_number, offset, problem, beginning);
        }
    }

    /// <summary>Checks that the script is complete, and sets the database's journal mode.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Corrupt"/>.</exception>
    public void Finish(long offset, bool hasRest)
    {
        if (hasRest || !_controlStatements.IsComplete)
        {
            throw ScriptErrors.Truncated(_number, offset);
        }
        _inserts?.ReleaseStatement();
        using var permit = _authorizer.Allow(StatementKind.Internal);
        _controlStatements.Finish();
        _authorizer.Dispose();
    }

    /// <summary>Compares the loaded database with the backup's fingerprint.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Corrupt"/>, or reading its schema exceeds a limit.
    /// </exception>
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

    // Limits that a script of this length has no legitimate reason to exceed.
    private string? GetExceededLimit(int code) =>
        code switch
        {
            SqliteConstants.Full when _controlStatements.IsAtSizeLimit =>
                "more data than the backed-up database had, or than a script of this length may create",
            SqliteConstants.TooBig => "a value that is longer than the values in the script",
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
                _controlStatements.LimitSize(offset + sql.Length);
            }
        }
        if (sql.StartsWith("INSERT "u8))
        {
            using var permit = _authorizer.Allow(StatementKind.Insert);
            return (_inserts ??= new(_connection, _authorizer, _controlStatements.Utf16, _cancellationToken)).Run(sql);
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
            return _controlStatements.TryRun(Encoding.UTF8.GetString(sql[..^1].Trim((byte)'\n'))) ? null : ScriptErrors.UnknownKind;
        }
    }

    private string? Execute(StatementKind kind, ReadOnlySpan<byte> sql)
    {
        using var permit = _authorizer.Allow(kind);
        return _connection.TryExecuteOne(sql) ? null : "a second statement after the first";
    }
}
