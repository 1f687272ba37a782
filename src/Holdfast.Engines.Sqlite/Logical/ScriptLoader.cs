using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>Runs the statements of a script, and only such as a backup holds.</summary>
internal sealed class ScriptLoader : IDisposable
{
    // SQLITE_ERROR, TOOBIG, CONSTRAINT, MISMATCH, AUTH, RANGE.
    private static readonly int[] ScriptFaults = [1, 18, 19, 20, 23, 25];

    private const int MostWarnings = 20;

    private const string TakesTooLong = "it takes longer than a script of this length may";

    private readonly SqliteConnection _connection;
    private readonly LoadRules _rules;
    private readonly ScriptSettings _settings;
    private readonly LoadLimits _limits;
    private readonly WorkBudget _budget;
    private readonly HeapLimit _heap;
    private readonly CancellationToken _cancellationToken;
    private InsertRunner? _inserts;
    private long _number;
    private long _longest;

    /// <summary>
    /// Starts with an empty database, which may grow to about twice <paramref name="expectedBytes"/> where that is not
    /// 0, and not beyond what the limits say.
    /// </summary>
    public ScriptLoader(SqliteConnection connection, long expectedBytes, LoadLimits limits, CancellationToken cancellationToken)
    {
        _connection = connection;
        _limits = limits;
        _rules = new(connection);
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
            .. (_inserts?.Changed ?? new Dictionary<string, long>())
                .Take(MostWarnings)
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
        var begin = ScriptFault.BeginOf(sql);
        string? fault;
        _longest = Math.Max(_longest, sql.Length);
        SqliteNative.sqlite3_limit(_connection.Handle, SqliteConstants.LimitLength, LoadLimits.LongestValue(_longest));
        _heap.Begin(_longest);
        _budget.Run(offset + sql.Length);
        try
        {
            fault = _settings.IsComplete ? ScriptFault.BehindLast : Dispatch(sql, offset);
        }
        catch (HoldfastException e)
        {
            var (code, text) = (_connection.ErrorCode & 0xFF, _connection.ErrorMessage);
            fault = _rules.Refusal ?? Excess(code);
            if (fault is null && ScriptFaults.Contains(code))
            {
                throw ScriptFault.Failed(_number, offset, text, begin, e);
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

        if (fault is null && _budget.IsOver)
        {
            fault = TakesTooLong; // SQLite heeds an interrupt in loops only, and short statements have none
        }
        if (fault is not null)
        {
            throw ScriptFault.Refused(_number, offset, fault, begin);
        }
    }

    /// <summary>Checks that the script came to its end, and makes the database's journal mode its own.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/>.</exception>
    public void Finish(long offset, bool hasRest)
    {
        if (hasRest || !_settings.IsComplete)
        {
            throw ScriptFault.Cut(_number, offset);
        }
        _inserts?.Forget();
        using var permit = _rules.Enter(StatementKind.Own);
        _settings.Finish();
        _rules.Dispose();
    }

    /// <summary>Compares what was loaded with what the backup says of it.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/>, or its schema takes more than it may.</exception>
    public void Verify(IReadOnlyDictionary<string, string> fingerprint, long scriptBytes)
    {
        _budget.Run(scriptBytes);
        try
        {
            LoadCheck.Verify(_connection, fingerprint, Rows, _cancellationToken);
        }
        catch (HoldfastException e) when (Excess(_connection.ErrorCode & 0xFF) is { } excess)
        {
            throw ScriptFault.Excess(excess, e);
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
        _rules.Dispose();
    }

    // What a script of its length has no business to ask for.
    private string? Excess(int code) =>
        code switch
        {
            SqliteConstants.Full when _settings.IsAtBound =>
                "more data than the backed-up database had, or than a script of this length makes",
            SqliteConstants.TooBig => "a value that is longer than what the script has",
            SqliteConstants.NoMemory => $"more than {_limits.HeapFor(_longest):N0} bytes of memory",
            SqliteConstants.Interrupt when _budget.IsSpent => TakesTooLong,
            _ => null,
        };

    private string? Dispatch(Span<byte> sql, long offset)
    {
        if (!sql.StartsWith("PRAGMA "u8))
        {
            using (_rules.Enter(StatementKind.Own))
            {
                _settings.Bound(offset + sql.Length);
            }
        }
        if (sql.StartsWith("INSERT "u8))
        {
            using var permit = _rules.Enter(StatementKind.Insert);
            return (_inserts ??= new(_connection, _rules, _settings.Utf16, _cancellationToken)).Run(sql);
        }

        _inserts?.Forget();
        if (StatementKinds.OfDefinition(sql) is { } kind)
        {
            return Execute(kind, sql);
        }
        if (sql.StartsWith("DELETE FROM \""u8))
        {
            return Execute(StatementKind.Delete, sql);
        }
        using (_rules.Enter(StatementKind.Own))
        {
            return _settings.TryRun(Encoding.UTF8.GetString(sql[..^1].Trim((byte)'\n'))) ? null : ScriptFault.UnknownKind;
        }
    }

    private string? Execute(StatementKind kind, ReadOnlySpan<byte> sql)
    {
        using var permit = _rules.Enter(kind);
        return _connection.TryExecuteOne(sql) ? null : "a second statement behind the first";
    }
}
