namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>
/// Tracks the keywords on which the end of a statement depends: the body of a trigger contains semicolons and ends with
/// <c>; END;</c>.
/// </summary>
internal sealed class StatementKeywords
{
    private readonly char[] _word = new char[10];
    private int _length;
    private int _seen;
    private bool _creates;
    private bool _isTrigger;
    private bool _afterSemicolon;
    private bool _afterEnd;

    /// <summary>Whether keywords still matter for this statement.</summary>
    public bool AreRelevant => _isTrigger || _seen < 3;

    /// <summary>Starts a new statement.</summary>
    public void Reset() => (_length, _seen, _creates, _isTrigger, _afterSemicolon, _afterEnd) = (0, 0, false, false, false, false);

    /// <summary>Processes a byte outside of quotes and comments; returns true if it ends the statement.</summary>
    public bool Take(byte b)
    {
        if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'$' or > 0x7F)
        {
            if (_length < _word.Length)
            {
                _word[_length] = char.ToUpperInvariant((char)b);
            }
            _length++;
            return false;
        }

        EndWord();
        if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f' or (byte)'-' or (byte)'/')
        {
            return false;
        }
        if (b == ';')
        {
            if (!_isTrigger || _afterEnd)
            {
                return true;
            }
            _afterSemicolon = true;
            return false;
        }

        _afterSemicolon = _afterEnd = false;
        return false;
    }

    /// <summary>Processes an opening quote, which never ends a statement.</summary>
    public bool TakeQuote()
    {
        EndWord();
        _seen = 3; // a keyword cannot be quoted
        _afterSemicolon = _afterEnd = false;
        return false;
    }

    private void EndWord()
    {
        if (_length == 0)
        {
            return;
        }
        var word = _length <= _word.Length ? _word.AsSpan(0, _length) : default;
        _length = 0;
        if (_isTrigger)
        {
            (_afterSemicolon, _afterEnd) = (false, _afterSemicolon && word is "END");
            return;
        }

        if (_seen >= 3)
        {
            return;
        }
        _seen++;
        if (_seen == 1)
        {
            _creates = word is "CREATE";
        }
        else if (_creates && word is "TRIGGER")
        {
            _isTrigger = true;
        }
        else if (word is not ("TEMP" or "TEMPORARY"))
        {
            _seen = 3;
        }
        if (!_creates)
        {
            _seen = 3;
        }
    }
}
