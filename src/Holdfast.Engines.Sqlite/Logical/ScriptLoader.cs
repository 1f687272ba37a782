using System.Globalization;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>Runs the statements of a script, and only such as a backup holds.</summary>
internal sealed class ScriptLoader : IDisposable
{
    private const string Hint = "Try an older restore point, or look at the script with 'holdfast extract'.";

    // SQLITE_ERROR, TOOBIG, CONSTRAINT, MISMATCH, AUTH, RANGE.
    private static readonly int[] ScriptFaults = [1, 18, 19, 20, 23, 25];

    private const int MostWarnings = 20;

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

    /// <summary>Starts with an empty database, which may grow to about twice <paramref name="expectedBytes"/> where that is not 0, and not beyond what the limits say.</summary>
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
        [.. (_inserts?.Changed ?? new Dictionary<string, long>()).Take(MostWarnings).Select(c => $"{c.Value:N0} values were turned into others by the type of their column {c.Key}, as text that looks like a number: an earlier version wrote this backup and did not tell. 'holdfast extract' gives the script, which has them as they were.")];

    /// <summary>Runs the statement at <paramref name="offset"/> of the script.</summary>
    /// <exception cref="HoldfastException">It is refused, or it fails.</exception>
    public void Run(Span<byte> sql, long offset)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _number++;
        var begin = Encoding.UTF8.GetString(sql[..Math.Min(sql.Length, 60)]);
        string? fault;
        _longest = Math.Max(_longest, sql.Length);
        SqliteNative.sqlite3_limit(_connection.Handle, SqliteConstants.LimitLength, LoadLimits.LongestValue(_longest));
        _heap.Begin(_longest);
        _budget.Run(offset + sql.Length);
        try
        {
            fault = _settings.IsComplete ? "a statement behind the last one" : Dispatch(sql, offset);
        }
        catch (HoldfastException e)
        {
            var (code, text) = (_connection.ErrorCode & 0xFF, _connection.ErrorMessage);
            fault = _rules.Refusal ?? Excess(code);
            if (fault is null && ScriptFaults.Contains(code)) throw At(ErrorCatalogue.Corrupt, "fails", text, begin, offset, e);
            if (fault is null) throw; // the disk's fault
        }
        finally
        {
            _budget.Pause();
        }

        if (fault is not null) throw At(ErrorCatalogue.Refused, "is refused", fault, begin, offset);
    }

    /// <summary>Checks that the script came to its end, and makes the database's journal mode its own.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/>.</exception>
    public void Finish(long offset, bool hasRest)
    {
        if (hasRest || !_settings.IsComplete) throw new HoldfastException(ErrorCatalogue.Corrupt, $"The script is cut: it ends after {_number:N0} statements, at offset {offset:N0}, before its last statement.", Hint);
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
            throw new HoldfastException(ErrorCatalogue.Refused, $"What the script makes is refused: {excess}.", Hint, e);
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
    private string? Excess(int code) => code switch
    {
        SqliteConstants.Full when _settings.IsAtBound => "more data than the backed-up database had, or than a script of this length makes",
        SqliteConstants.TooBig => "a value that is longer than what the script has",
        SqliteConstants.NoMemory => $"more than {_limits.HeapFor(_longest):N0} bytes of memory",
        SqliteConstants.Interrupt when _budget.IsSpent => "it takes longer than a script of this length may",
        _ => null,
    };

    private string? Dispatch(Span<byte> sql, long offset)
    {
        if (!sql.StartsWith("PRAGMA "u8)) using (_rules.Enter(StatementKind.Own)) _settings.Bound(offset + sql.Length);
        if (sql.StartsWith("INSERT "u8))
        {
            using var permit = _rules.Enter(StatementKind.Insert);
            return (_inserts ??= new(_connection, _rules, _settings.Utf16, _cancellationToken)).Run(sql);
        }

        _inserts?.Forget();
        if (StatementKinds.OfDefinition(sql) is { } kind) return Execute(kind, sql);
        if (sql.StartsWith("DELETE FROM \""u8)) return Execute(StatementKind.Delete, sql);
        using (_rules.Enter(StatementKind.Own)) return _settings.TryRun(Encoding.UTF8.GetString(sql[..^1].Trim((byte)'\n'))) ? null : "a statement of a kind that no backup holds";
    }

    private string? Execute(StatementKind kind, ReadOnlySpan<byte> sql)
    {
        using var permit = _rules.Enter(kind);
        return _connection.TryExecuteOne(sql) ? null : "a second statement behind the first";
    }

    private HoldfastException At(Error error, string verb, string what, string begin, long offset, Exception? cause = null) =>
        new(error, string.Create(CultureInfo.InvariantCulture, $"Statement {_number:N0} of the script, at offset {offset:N0}, {verb}: {what}. It begins: {Escape(begin)}"), Hint, cause);

    private static string Escape(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c == '\uFFFD' || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? $"\\u{(int)c:X4}" : c.ToString()));
}
