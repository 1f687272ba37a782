using System.Globalization;
using System.Text;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>
/// Refuses a stream that contains a line starting with <c>!</c>, a line starting with <c>?</c> unless the last line starting with <c>=</c>
/// is <c>=ask</c>, or an incomplete last line. Everything after a line <c>.</c> is ignored.
/// </summary>
/// <param name="taken">Counts the bytes that all such checks have processed.</param>
internal sealed class LineCheck(Counter taken) : IStreamCheck
{
    private readonly List<byte> _line = [];
    private long _offset;
    private long _count;
    private string _last = "";
    private bool _isDone;

    public StreamCheckpoint? Checkpoint => _isDone ? null : new(_offset, _count, _last);

    public void Process(ReadOnlySpan<byte> bytes)
    {
        taken.Value += bytes.Length;
        while (!_isDone && bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            _line.AddRange(bytes[..end]);
            bytes = bytes[(end + 1)..];
            Line(Encoding.UTF8.GetString([.. _line]));
            _offset += _line.Count + 1;
            _count++;
            _line.Clear();
        }

        _line.AddRange(bytes);
    }

    public void Complete()
    {
        if (!_isDone && _line.Count > 0)
        {
            throw Refused();
        }
    }

    public void ResumeAt(StreamCheckpoint mark)
    {
        _line.Clear();
        (_offset, _count, _last, _isDone) = (mark.Offset, mark.Count, mark.State, false);
    }

    private void Line(string line)
    {
        if (line.StartsWith('!') || (line.StartsWith('?') && _last != "=ask"))
        {
            throw Refused();
        }
        if (line.StartsWith('='))
        {
            _last = line;
        }
        _isDone = line == ".";
    }

    private HoldfastException Refused() =>
        new(
            ErrorCatalog.Refused,
            string.Create(CultureInfo.InvariantCulture, $"Line {_count + 1} of the stream, at offset {_offset}, is refused.")
        );
}
