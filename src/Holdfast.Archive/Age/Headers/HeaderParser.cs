using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age.Headers;

/// <summary>Parses the text of an age header. Strict: anything that age does not write is refused.</summary>
internal ref struct HeaderParser
{
    /// <summary>Size of the last line, in bytes: three hyphens, a blank, 32 bytes in Base64, a newline.</summary>
    public const int LastLineLength = 3 + 1 + 43 + 1;

    private const int MacSize = 32;

    private readonly ReadOnlySpan<byte> _data;
    private readonly string _name;
    private int _position;

    private HeaderParser(ReadOnlySpan<byte> data, string name)
    {
        _data = data;
        _name = name;
    }

    /// <summary>Parses the header at the start of <paramref name="data"/>; null if it continues past the end.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Corrupt"/>: this is not a valid header.</exception>
    public static AgeHeader? TryParse(ReadOnlySpan<byte> data, string name) => new HeaderParser(data, name).TryParse();

    /// <summary>Creates the error for a damaged header.</summary>
    public static HoldfastException Corrupt(string name, string why) =>
        new(ErrorCatalog.Corrupt, $"The encryption header of {name} is damaged: {why}.", "Use another copy of the file.");

    private AgeHeader? TryParse()
    {
        var intro = Encoding.ASCII.GetBytes(AgeHeader.Intro);
        var shared = Math.Min(intro.Length, _data.Length);
        if (!_data[..shared].SequenceEqual(intro.AsSpan(0, shared)))
        {
            throw Corrupt(_name, "it does not start like an age v1 file");
        }
        if (shared < intro.Length)
        {
            return null;
        }
        _position = intro.Length;
        var stanzas = new List<Stanza>();
        while (true)
        {
            var start = _position;
            if (!TryReadLine(out var line))
            {
                return _data.Length - start < LastLineLength || !_data[start..].StartsWith("---"u8)
                    ? null
                    : throw Corrupt(_name, "its last line is incomplete");
            }
            if (line.StartsWith("---"u8))
            {
                return Finish(stanzas, start, line);
            }
            if (stanzas.Count == AgeHeader.MaxStanzas)
            {
                throw Corrupt(_name, $"it has more than {AgeHeader.MaxStanzas} stanzas");
            }
            var arguments = ParseArguments(line);
            if (!TryReadBody(out var body))
            {
                return null;
            }
            stanzas.Add(new(arguments[0], arguments[1..], body));
        }
    }

    private readonly AgeHeader Finish(List<Stanza> stanzas, int start, ReadOnlySpan<byte> line)
    {
        if (
            line.Length != LastLineLength - 1
            || line[AgeHeader.Footer.Length] != ' '
            || !AgeBase64.TryDecode(line[(AgeHeader.Footer.Length + 1)..], out var mac)
            || mac.Length != MacSize
        )
        {
            throw Corrupt(_name, "its last line is malformed");
        }
        if (stanzas.Count == 0)
        {
            throw Corrupt(_name, "it has no stanza");
        }
        if (stanzas.Count > 1 && stanzas.Any(stanza => stanza.Type == ScryptStanza.Type))
        {
            throw Corrupt(_name, "a passphrase stanza is not the only stanza");
        }
        return new(stanzas, _data[..(start + AgeHeader.Footer.Length)].ToArray(), mac, _position);
    }

    private readonly string[] ParseArguments(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("-> "u8))
        {
            throw Corrupt(_name, "a stanza does not start with an arrow");
        }
        var arguments = Encoding.Latin1.GetString(line[3..]).Split(' ');
        return arguments.All(argument => argument.Length > 0 && argument.All(c => c is >= '!' and <= '~'))
            ? arguments
            : throw Corrupt(_name, "a stanza's first line is malformed");
    }

    private bool TryReadBody(out byte[] body)
    {
        body = [];
        var bytes = new List<byte>();
        ReadOnlySpan<byte> line;
        do
        {
            if (!TryReadLine(out line))
            {
                return false;
            }
            if (line.Length > Stanza.LineLength || !AgeBase64.TryDecode(line, out var part))
            {
                throw Corrupt(_name, "a stanza's body is malformed");
            }
            bytes.AddRange(part);
        } while (line.Length == Stanza.LineLength);
        body = [.. bytes];
        return true;
    }

    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        var length = _data[_position..].IndexOf((byte)'\n');
        line = length < 0 ? default : _data.Slice(_position, length);
        _position += length + 1;
        return length >= 0;
    }
}
