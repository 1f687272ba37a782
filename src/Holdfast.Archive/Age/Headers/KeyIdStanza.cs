namespace Holdfast.Archive.Age.Headers;

/// <summary>
/// Names the keys that open a file and fills the header to a fixed size: <c>-> holdfast-keys &lt;key id&gt;… 00…</c>.
/// The last argument and the
/// body mean nothing. Readers other than Holdfast ignore it, as age's specification asks of an unknown type.
/// </summary>
internal static class KeyIdStanza
{
    /// <summary>First argument.</summary>
    public const string Type = "holdfast-keys";

    /// <summary>Headers are a multiple of this, so that their length does not tell how many can read.</summary>
    public const int HeaderUnit = 2048;

    private const int KeyIdLength = 16;

    /// <summary>The stanza for a header whose other parts take <paramref name="otherBytes"/>.</summary>
    public static Stanza Fill(IReadOnlyList<AgeRecipient> recipients, int otherBytes)
    {
        string[] ids = [.. recipients.Select(recipient => recipient.KeyId)];
        var used = otherBytes + "-> ".Length + Type.Length + ids.Sum(id => 1 + id.Length) + " \n\n".Length;
        var free = ((used / HeaderUnit) + 1) * HeaderUnit - used; // 1 to 2,048, as the last argument cannot be empty
        var lines = (free - 1) / (Stanza.LineLength + 1);
        var filler = new string('0', free - (lines * (Stanza.LineLength + 1)));
        return new(Type, [.. ids, filler], new byte[lines * Stanza.LineLength * 3 / 4]);
    }

    /// <summary>The key ids; what is not one is passed over, for anyone can have written it.</summary>
    public static IEnumerable<string> KeyIds(Stanza stanza) =>
        stanza.Arguments.SkipLast(1).Where(text => text.Length == KeyIdLength && text.All(char.IsAsciiHexDigitLower));
}
