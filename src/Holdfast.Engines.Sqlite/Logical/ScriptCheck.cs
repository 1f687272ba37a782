using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Items;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>
/// Holds a script against the rules that <see cref="ScriptLoader"/> has for its text, and runs nothing of it: what a restore would refuse
/// before SQLite sees it. What SQLite makes of it, only a restore tells. A restore holds a statement of any length that a row may have; a
/// check, which begins by itself, ends before one of more than <see cref="LongestStatement"/>, and finds no fault in what follows.
/// </summary>
internal sealed unsafe class ScriptCheck : IStreamCheck
{
    /// <summary>Bytes of the longest statement that is checked, more or less a chunk.</summary>
    internal const int LongestStatement = 32 * 1024 * 1024;

    private StatementSplitter? _splitter = new(); // null once a statement was too long to check
    private InsertRows.TakeRow? _skipRow;
    private byte[]? _head = []; // null where only its hash is known
    private string? _headHash; // null where it was not asked for
    private int _values;
    private long _number;
    private bool _isComplete;
    private string? _memory; // of the mark, until what it is made of changes

    // A statement's end. How many values a row has is compared with the first row of the statements before it that begin alike.
    /// <inheritdoc/>
    public StreamMark? Mark =>
        _splitter is null
            ? null
            : new(
                _splitter.Offset,
                _number,
                _memory ??= string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(_isComplete ? "complete" : "open")} {_values} {_headHash ??= Hash(_head)}"
                )
            );

    /// <inheritdoc/>
    public void GoOnAt(StreamMark mark)
    {
        (_splitter ??= new()).GoOnAt(mark.Offset);
        (_number, _memory) = (mark.Count, mark.Memory);
        var parts = mark.Memory.Split(' ');
        (_isComplete, _values, _headHash, _head) = (
            parts[0] == "complete",
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            parts[2],
            null
        );
    }

    /// <inheritdoc/>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && _splitter is not null)
        {
            _splitter.Take(ref bytes);
            while (_splitter.TryNext(out var statement))
            {
                Check(statement, _splitter.Offset);
                _splitter.Done();
            }

            if (_splitter.Held > LongestStatement)
            {
                _splitter = null;
            }
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        if (_splitter is null)
        {
            return;
        }
        if (_splitter.HasRest || !_isComplete)
        {
            throw ScriptFault.Cut(_number, _splitter.Offset);
        }
    }

    private void Check(Span<byte> sql, long offset)
    {
        _number++;
        var begin = ScriptFault.BeginOf(sql);
        if (Fault(sql) is { } fault)
        {
            throw ScriptFault.Refused(_number, offset, fault, begin);
        }
    }

    private string? Fault(Span<byte> sql)
    {
        if (_isComplete)
        {
            return ScriptFault.BehindLast;
        }
        if (sql.StartsWith("INSERT "u8))
        {
            return InsertFault(sql);
        }
        if (_head is not [])
        {
            SetHead([], 0);
        }
        if (StatementKinds.OfDefinition(sql) is not null || sql.StartsWith("DELETE FROM \""u8))
        {
            return null;
        }
        var text = Encoding.UTF8.GetString(sql[..^1].Trim((byte)'\n'));
        if (ScriptSettings.IsLast(text))
        {
            (_isComplete, _memory) = (true, null);
        }
        return ScriptSettings.IsKnown(text) ? null : ScriptFault.UnknownKind;
    }

    private string? InsertFault(Span<byte> sql)
    {
        fixed (byte* start = sql)
        {
            if (!InsertHead.TryRead(sql, out var length, out var table))
            {
                return InsertRows.NoHead;
            }
            if (InsertHead.IsStatistics(table))
            {
                return null; // a restore may leave them out
            }
            if (!IsHead(sql[..length]))
            {
                SetHead(sql[..length].ToArray(), InsertHead.CountValues(sql[length..]));
            }
            return InsertRows.Read(start + length, start + sql.Length, _skipRow ??= SkipRow);
        }
    }

    private bool IsHead(ReadOnlySpan<byte> head)
    {
        if (_head is not null)
        {
            return head.SequenceEqual(_head);
        }
        if (Hash(head) != _headHash)
        {
            return false;
        }
        _head = head.ToArray();
        return true;
    }

    private void SetHead(byte[] head, int values) => (_head, _headHash, _values, _memory) = (head, null, values, null);

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
