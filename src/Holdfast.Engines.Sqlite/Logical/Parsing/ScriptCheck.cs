using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Items;
using Holdfast.Engines.Sqlite.Logical.Loading;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>
/// Holds a script against the rules that <see cref="ScriptLoader"/> has for its text, and runs nothing of it: what a restore would refuse
/// before SQLite sees it. What SQLite makes of it, only a restore tells. A restore holds a statement of any length that a row may have; a
/// check, which begins by itself, ends before one of more than <see cref="MaxStatementBytes"/>, and finds no fault in what follows.
/// </summary>
internal sealed unsafe class ScriptCheck : IStreamCheck
{
    /// <summary>Bytes of the longest statement that is checked, more or less a chunk.</summary>
    internal const int MaxStatementBytes = 32 * 1024 * 1024;

    private StatementSplitter? _splitter = new(); // null once a statement was too long to check
    private InsertRowReader.RowHandler? _skipRow;
    private byte[]? _prefix = []; // null where only its hash is known
    private string? _prefixHash; // null where it was not asked for
    private int _values;
    private long _number;
    private bool _isComplete;
    private string? _resumeState; // of the mark, until what it is made of changes

    // A statement's end. How many values a row has is compared with the first row of the statements before it that begin alike.
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
    public void ResumeAt(StreamCheckpoint mark)
    {
        (_splitter ??= new()).ResumeAt(mark.Offset);
        (_number, _resumeState) = (mark.Count, mark.State);
        var parts = mark.State.Split(' ');
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
        var begin = ScriptErrors.GetBeginning(sql);
        if (FindProblem(sql) is { } fault)
        {
            throw ScriptErrors.Refused(_number, offset, fault, begin);
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
                return null; // a restore may leave them out
            }
            if (!IsPrefix(sql[..length]))
            {
                SetPrefix(sql[..length].ToArray(), InsertPrefix.CountValues(sql[length..]));
            }
            return InsertRowReader.Read(start + length, start + sql.Length, _skipRow ??= SkipRow);
        }
    }

    private bool IsPrefix(ReadOnlySpan<byte> head)
    {
        if (_prefix is not null)
        {
            return head.SequenceEqual(_prefix);
        }
        if (Hash(head) != _prefixHash)
        {
            return false;
        }
        _prefix = head.ToArray();
        return true;
    }

    private void SetPrefix(byte[] head, int values) => (_prefix, _prefixHash, _values, _resumeState) = (head, null, values, null);

    private static string Hash(ReadOnlySpan<byte> head) => Convert.ToHexStringLower(SHA256.HashData(head));

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
