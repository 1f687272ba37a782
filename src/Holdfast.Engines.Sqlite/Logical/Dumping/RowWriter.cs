using System.IO.Pipelines;
using System.Numerics;
using System.Runtime.InteropServices;
using Holdfast.Engines.Sqlite.Logical.Schemas;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Writes the rows of one table as multi-row INSERT statements, directly into the pipe's buffers. Statement boundaries
/// depend on the bytes of the rows, not on their position, so that a changed row changes only the script near it and
/// incremental backups stay small.
/// </summary>
/// <param name="row">The source of the rows.</param>
/// <param name="table">The table.</param>
/// <param name="values">Formats the values.</param>
/// <param name="path">Path of the database, for errors.</param>
/// <param name="longestStatement">
/// Maximum length of a statement in bytes. SQLite's own limit for a whole statement is 1,000,000,000.
/// </param>
internal sealed unsafe class RowWriter(
    StoredRow row,
    TableInfo table,
    ValueWriter values,
    string path,
    long longestStatement = RowWriter.MaxStatementBytes
)
{
    /// <summary>Maximum length of a statement in bytes.</summary>
    public const long MaxStatementBytes = 999_000_000;

    private const int MaxRows = 500;
    private const int MaxBytes = 64 * 1024;
    private const int MeanBytes = 32 * 1024;
    private const int MinRowBytes = 128;

    private readonly byte[] _prefix = table.GetInsertPrefixBytes();
    private LongValueWriter? _long;
    private bool _hasRow;
    private bool _isLongRow;
    private int _column;
    private int _statementRows;
    private int _statementBytes;
    private long _longBytes;

    /// <summary>Number of rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Fills one buffer of the pipe; returns false after the last row.</summary>
    public bool Fill(PipeWriter output, out int written)
    {
        var size = ScriptOutput.FlushBytes + _prefix.Length + 1024;
        fixed (byte* start = output.GetSpan(size))
        {
            var at = start;
            var more = Fill(start, ref at, start + size);
            written = (int)(at - start);
            output.Advance(written);
            return more;
        }
    }

    private bool Fill(byte* start, ref byte* at, byte* end)
    {
        while (true)
        {
            if (!_hasRow && !(_hasRow = row.MoveNext()))
            {
                if (_statementRows == 0)
                {
                    return false;
                }
                if (end - at < 2)
                {
                    return true;
                }
                EndStatement(ref at);
                return false;
            }

            if (_isLongRow)
            {
                if (!TryWriteLongRow(ref at, end))
                {
                    return true;
                }
                _isLongRow = _hasRow = false;
                Rows++;
                EndStatement(ref at);
                continue;
            }

            var rowStart = at;
            if (TryWriteRow(ref at, end))
            {
                continue;
            }
            at = rowStart;
            if (at != start)
            {
                return true; // write the whole row again, into a new buffer
            }
            if (!TryBeginRow(ref at, end))
            {
                return true;
            }
            _isLongRow = true; // too long for any buffer: write it in segments
            _column = 0;
            _longBytes = _prefix.Length + _statementBytes + (3L * _statementRows);
        }
    }

    private bool TryBeginRow(ref byte* at, byte* end)
    {
        if (end - at < _prefix.Length + 16)
        {
            return false;
        }
        at = ValueFormatter.Copy(at, _statementRows == 0 ? _prefix : ",\n"u8);
        *at++ = (byte)'(';
        return true;
    }

    private bool TryWriteRow(ref byte* at, byte* end)
    {
        if (!TryBeginRow(ref at, end))
        {
            return false;
        }
        var start = at;
        for (var column = 0; column < table.ValueCount; column++)
        {
            if (column > 0)
            {
                *at++ = (byte)',';
            }
            if (!values.TryWrite(ref at, end - 8, column))
            {
                return false;
            }
        }

        *at++ = (byte)')';
        _hasRow = false;
        Rows++;
        _statementRows++;
        var length = (int)(at - start);
        _statementBytes += length;
        if (
            _statementRows >= MaxRows
            || _statementBytes >= MaxBytes
            || Hash(new(start, length)) % MeanBytes < Math.Max(length, MinRowBytes)
        )
        {
            EndStatement(ref at);
        }
        return true;
    }

    private bool TryWriteLongRow(ref byte* at, byte* end)
    {
        for (; _column < table.ValueCount; _column++)
        {
            if (_long is null)
            {
                if (end - at < 2 * RealFormatter.MaxLength)
                {
                    return false;
                }
                if (_column > 0)
                {
                    *at++ = (byte)',';
                }
                var start = at;
                if (values.TryWrite(ref at, end - 8, _column))
                {
                    CountLongRow(at - start + 1);
                    continue;
                }

                _long = values.BeginLong(_column);
                CountLongRow(_long.SqlBytes + 1);
            }

            if (!_long.TryWrite(ref at, end))
            {
                return false;
            }
            _long = null;
        }

        if (end - at < 8)
        {
            return false;
        }
        *at++ = (byte)')';
        return true;
    }

    // Checked before any part of the value is written, because no program can load a statement that is too long.
    private void CountLongRow(long bytes)
    {
        _longBytes += bytes;
        if (_longBytes <= longestStatement)
        {
            return;
        }
        throw Sql.NotExportable(
            $"'{path}' has a row in table \"{table.Name}\" that takes more than {longestStatement:N0} bytes as SQL, which is "
                + "the maximum that SQLite accepts."
        );
    }

    private void EndStatement(ref byte* at)
    {
        at = ValueFormatter.Copy(at, ";\n"u8);
        _statementRows = _statementBytes = 0;
    }

    private static uint Hash(ReadOnlySpan<byte> row)
    {
        var hash = (ulong)row.Length;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(row[..Math.Min(row.Length, 512)]))
        {
            hash = BitOperations.RotateLeft(hash ^ word, 29) * 0x9E3779B97F4A7C15;
        }
        foreach (var b in row[^(row.Length % 8)..])
        {
            hash = (hash ^ b) * 0x9E3779B97F4A7C15;
        }
        return (uint)(hash >> 40);
    }
}
