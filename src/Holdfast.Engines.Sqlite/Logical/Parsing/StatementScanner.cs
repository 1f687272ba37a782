using System.Buffers;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>Finds the end of a statement in text that arrives in chunks.</summary>
internal sealed class StatementScanner
{
    private static readonly SearchValues<byte> StateChanging = SearchValues.Create("'\"`[;-/"u8);
    private readonly StatementKeywords _words = new();
    private ScanState _state;

    /// <summary>Returns the state after <paramref name="b"/>. A doubled quote leaves its string and enters it again.</summary>
    public static ScanState Next(ScanState state, byte b) =>
        state switch
        {
            ScanState.Dash when b == '-' => ScanState.LineComment,
            ScanState.Slash when b == '*' => ScanState.BlockComment,
            ScanState.Plain or ScanState.Dash or ScanState.Slash => b switch
            {
                (byte)'\'' => ScanState.String,
                (byte)'"' => ScanState.DoubleQuoted,
                (byte)'`' => ScanState.BackQuoted,
                (byte)'[' => ScanState.Bracketed,
                (byte)'-' => ScanState.Dash,
                (byte)'/' => ScanState.Slash,
                _ => ScanState.Plain,
            },
            ScanState.BlockComment or ScanState.BlockCommentStar when b == '*' => ScanState.BlockCommentStar,
            ScanState.BlockCommentStar => b == '/' ? ScanState.Plain : ScanState.BlockComment,
            ScanState.BlockComment => state,
            _ => b == Closing(state) ? ScanState.Plain : state,
        };

    /// <summary>
    /// Continues the scan; returns the number of bytes up to and including the semicolon that ends the statement, or -1
    /// if the statement does not end in this text.
    /// </summary>
    public int Scan(ReadOnlySpan<byte> text)
    {
        var i = 0;
        while (i < text.Length)
        {
            if (_state is ScanState.Plain && !_words.AreRelevant)
            {
                var next = text[i..].IndexOfAny(StateChanging);
                if (next < 0)
                {
                    return -1;
                }
                i += next;
            }
            else if (_state >= ScanState.LineComment && _state is not (ScanState.BlockComment or ScanState.BlockCommentStar))
            {
                var close = text[i..].IndexOf(Closing(_state));
                if (close < 0)
                {
                    return -1;
                }
                i += close + 1;
                _state = ScanState.Plain;
                continue;
            }

            var b = text[i++];
            _state = Next(_state, b);
            if (_state <= ScanState.Slash ? _words.Take(b) : _state >= ScanState.String && _words.TakeQuote())
            {
                _state = ScanState.Plain;
                _words.Reset();
                return i;
            }
        }

        return -1;
    }

    private static byte Closing(ScanState state) =>
        state switch
        {
            ScanState.LineComment => (byte)'\n',
            ScanState.String => (byte)'\'',
            ScanState.DoubleQuoted => (byte)'"',
            ScanState.BackQuoted => (byte)'`',
            _ => (byte)']',
        };
}
