namespace Holdfast.Archive.Age.Headers;

/// <summary>
/// Names the keys that open a file and pads the header to a fixed size: <c>-> holdfast-keys &lt;key id&gt;… 00…</c>. The last argument and
/// the body have no meaning. Other readers ignore it, as age's specification requires for unknown types.
/// </summary>
internal static class KeyIdStanza
{
    /// <summary>First argument.</summary>
    public const string Type = "holdfast-keys";

    /// <summary>Header sizes are multiples of this, so that they do not reveal the number of recipients.</summary>
    public const int HeaderUnit = 2048;

    private const int KeyIdLength = 16;

    /// <summary>Creates the stanza for a header whose other parts take <paramref name="otherBytes"/> bytes.</summary>
    public static Stanza Fill(IReadOnlyList<AgeRecipient> recipients, int otherBytes)
    {
        string[] ids = [.. recipients.Select(recipient => recipient.KeyId)];
        var used = otherBytes + "-> ".Length + Type.Length + ids.Sum(id => 1 + id.Length) + " \n\n".Length;
        var free = ((used / HeaderUnit) + 1) * HeaderUnit - used; // 1 to 2,048, as the last argument cannot be empty
        var lines = (free - 1) / (Stanza.LineLength + 1);
        var filler = new string('0', free - (lines * (Stanza.LineLength + 1)));
        return new(Type, [.. ids, filler], new byte[lines * Stanza.LineLength * 3 / 4]);
    }

    /// <summary>Returns the key ids; anything else is skipped, because the stanza is untrusted.</summary>
    public static IEnumerable<string> KeyIds(Stanza stanza) =>
        stanza.Arguments.SkipLast(1).Where(text => text.Length == KeyIdLength && text.All(char.IsAsciiHexDigitLower));
}
