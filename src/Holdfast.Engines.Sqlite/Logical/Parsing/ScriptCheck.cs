using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Items;
using Holdfast.Engines.Sqlite.Logical.Loading;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>
/// Checks a script against the rules that <see cref="ScriptLoader"/> has for its text, without running it: it finds
/// what a restore would refuse before SQLite sees it. Only a restore shows what SQLite makes of the script. A restore
/// buffers a statement of any length that a row may have; the check, which runs unattended, stops at a statement longer
/// than <see cref="MaxStatementBytes"/> and reports nothing after it.
/// </summary>
internal sealed unsafe class ScriptCheck : IStreamCheck
{
    /// <summary>Length of the longest statement that is checked, in bytes, give or take a chunk.</summary>
    internal const int MaxStatementBytes = 32 * 1024 * 1024;

    private StatementSplitter? _splitter = new(); // null after a statement that was too long to check
    private InsertRowReader.RowHandler? _skipRow;
    private byte[]? _prefix = []; // null if only its hash is known
    private string? _prefixHash; // null if it has not been needed yet
    private int _values;
    private long _number;
    private bool _isComplete;
    private string? _resumeState; // state of the checkpoint; null if it has to be recomputed

    // A checkpoint is at the end of a statement. The number of values in a row is compared with the first row of the
    // preceding statements with the same prefix.
    /// <inheritdoc/>
    public StreamCheckpoint? Checkpoint =>
        _splitter is null
            ? null
            : new(
                _splitter.Offset,
                _number,
                _resumeState ??= string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(_isComplete ? "complete" : "open")} {_values} {_prefixHash ??= Hash(_prefix)}"
                )
            );

    /// <inheritdoc/>
    public void ResumeAt(StreamCheckpoint checkpoint)
    {
        (_splitter ??= new()).ResumeAt(checkpoint.Offset);
        (_number, _resumeState) = (checkpoint.Count, checkpoint.State);
        var parts = checkpoint.State.Split(' ');
        (_isComplete, _values, _prefixHash, _prefix) = (
            parts[0] == "complete",
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            parts[2],
            null
        );
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && _splitter is not null)
        {
            _splitter.Append(ref bytes);
            while (_splitter.TryNext(out var statement))
            {
                Check(statement, _splitter.Offset);
                _splitter.Advance();
            }

            if (_splitter.BufferedBytes > MaxStatementBytes)
            {
                _splitter = null;
            }
        }
    }

    /// <inheritdoc/>
    public void Complete()
    {
        if (_splitter is null)
        {
            return;
        }
        if (_splitter.HasRemainder || !_isComplete)
        {
            throw ScriptErrors.Truncated(_number, _splitter.Offset);
        }
    }

    private void Check(Span<byte> sql, long offset)
    {
        _number++;
        var beginning = ScriptErrors.GetBeginning(sql);
        if (FindProblem(sql) is { } problem)
        {
            throw ScriptErrors.Refused(_number, offset, problem, beginning);
        }
    }

    private string? FindProblem(Span<byte> sql)
    {
        if (_isComplete)
        {
            return ScriptErrors.AfterLast;
        }
        if (sql.StartsWith("INSERT "u8))
        {
            return FindInsertProblem(sql);
        }
        if (_prefix is not [])
        {
            SetPrefix([], 0);
        }
        if (StatementClassifier.ClassifyDefinition(sql) is not null || sql.StartsWith("DELETE FROM \""u8))
        {
            return null;
        }
        var text = Encoding.UTF8.GetString(sql[..^1].Trim((byte)'\n'));
        if (ScriptControlStatements.IsLast(text))
        {
            (_isComplete, _resumeState) = (true, null);
        }
        return ScriptControlStatements.IsKnown(text) ? null : ScriptErrors.UnknownKind;
    }

    private string? FindInsertProblem(Span<byte> sql)
    {
        fixed (byte* start = sql)
        {
            if (!InsertPrefix.TryRead(sql, out var length, out var table))
            {
                return InsertRowReader.UnknownPrefix;
            }
            if (InsertPrefix.IsStatisticsTable(table))
            {
                return null; // a restore may skip them
            }
            if (!IsPrefix(sql[..length]))
            {
                SetPrefix(sql[..length].ToArray(), InsertPrefix.CountValues(sql[length..]));
            }
            return InsertRowReader.Read(start + length, start + sql.Length, _skipRow ??= SkipRow);
        }
    }

    private bool IsPrefix(ReadOnlySpan<byte> prefix)
    {
        if (_prefix is not null)
        {
            return prefix.SequenceEqual(_prefix);
        }
        if (Hash(prefix) != _prefixHash)
        {
            return false;
        }
        _prefix = prefix.ToArray();
        return true;
    }

    private void SetPrefix(byte[] prefix, int values) => (_prefix, _prefixHash, _values, _resumeState) = (prefix, null, values, null);

    private static string Hash(ReadOnlySpan<byte> prefix) => Convert.ToHexStringLower(SHA256.HashData(prefix));

    private bool SkipRow(ref LiteralReader reader)
    {
        for (var i = 1; i <= _values; i++)
        {
            if (!reader.TryRead(out _) || !reader.TryTake(i < _values ? ","u8 : ")"u8))
            {
                return false;
            }
        }

        return true;
    }
}
