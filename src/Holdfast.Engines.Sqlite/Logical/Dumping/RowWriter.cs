using System.IO.Pipelines;
using System.Numerics;
using System.Runtime.InteropServices;
using Holdfast.Engines.Sqlite.Logical.Schemas;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Writes the rows of one table as INSERT statements of many rows, straight into the pipe's memory. Where a statement
/// ends depends on the bytes of
/// its rows, not on what came before, so that a changed row changes the script around it only and an incremental backup stays small.
/// </summary>
/// <param name="row">The rows.</param>
/// <param name="shape">What they are.</param>
/// <param name="values">Writes their values.</param>
/// <param name="path">The file, for errors.</param>
/// <param name="longestStatement">
/// Bytes that a statement may have: SQLite's own limit, which counts the whole statement, is 1,000,000,000.
/// </param>
internal sealed unsafe class RowWriter(
    StoredRow row,
    TableInfo shape,
    ValueWriter values,
    string path,
    long longestStatement = RowWriter.MaxStatementBytes
)
{
    /// <summary>Bytes that a statement may have.</summary>
    public const long MaxStatementBytes = 999_000_000;

    private const int MaxRows = 500;
    private const int MaxBytes = 64 * 1024;
    private const int MeanBytes = 32 * 1024;
    private const int MinRowBytes = 128;

    private readonly byte[] _prefix = shape.GetInsertPrefixBytes();
    private LongValueWriter? _long;
    private bool _hasRow;
    private bool _isLongRow;
    private int _column;
    private int _statementRows;
    private int _statementBytes;
    private long _longBytes;

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Fills one stretch of the pipe's memory; false when all rows are written.</summary>
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
                return true; // the whole row again, in fresh memory
            }
            if (!TryBeginRow(ref at, end))
            {
                return true;
            }
            _isLongRow = true; // too long for any: piece by piece
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
        for (var column = 0; column < shape.ValueCount; column++)
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
        for (; _column < shape.ValueCount; _column++)
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

    // Told before any of the value is written: a statement that is too long cannot be loaded, by nobody.
    private void CountLongRow(long bytes)
    {
        _longBytes += bytes;
        if (_longBytes <= longestStatement)
        {
            return;
        }
        throw Sql.NotExportable(
            $"'{path}' has a row in table \"{shape.Name}\" that takes more than {longestStatement:N0} bytes as SQL; that is "
                + "the most that SQLite reads."
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
