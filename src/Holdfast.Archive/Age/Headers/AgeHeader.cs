using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age.Headers;

/// <summary>
/// The plaintext header of an age file: stanzas, each of which wraps the file key for one reader, and a MAC over the header.
/// </summary>
internal sealed class AgeHeader
{
    /// <summary>First line.</summary>
    public const string Intro = "age-encryption.org/v1\n";

    /// <summary>Start of the last line.</summary>
    public const string Footer = "---";

    /// <summary>Maximum number of stanzas.</summary>
    public const int MaxStanzas = 64;

    /// <summary>Maximum size of a header, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    private const int FirstRead = 2 * KeyIdStanza.HeaderUnit;

    private readonly byte[] _authenticated;
    private readonly byte[] _mac;

    internal AgeHeader(List<Stanza> stanzas, byte[] authenticated, byte[] mac, int length)
    {
        (Stanzas, _authenticated, _mac, Length) = (stanzas, authenticated, mac, length);
        KeyIds = [.. stanzas.Where(stanza => stanza.Type == KeyIdStanza.Type).SelectMany(KeyIdStanza.KeyIds).Distinct()];
    }

    /// <summary>The stanzas, in order.</summary>
    public IReadOnlyList<Stanza> Stanzas { get; }

    /// <summary>Ids of the keys that open the file, as far as the header states them.</summary>
    public IReadOnlyList<string> KeyIds { get; }

    /// <summary>Size of the header, in bytes, including the last newline.</summary>
    public int Length { get; }

    /// <summary>The beginning of the payload that was read together with the header; rarely empty.</summary>
    public ReadOnlyMemory<byte> PayloadPrefix { get; private set; }

    /// <summary>Whether a passphrase opens the file.</summary>
    public bool IsPassphrase => Stanzas.Any(stanza => stanza.Type == ScryptStanza.Type);

    /// <summary>Creates the header that wraps <paramref name="fileKey"/> for the readers.</summary>
    public static byte[] Write(AgeProtection protection, ReadOnlySpan<byte> fileKey)
    {
        var text = new StringBuilder(Intro, KeyIdStanza.HeaderUnit);
        if (protection.Passphrase is { } passphrase)
        {
            ScryptStanza.Wrap(fileKey, passphrase, protection.WorkFactor).AppendTo(text);
        }
        else
        {
            foreach (var recipient in protection.Recipients)
            {
                X25519Stanza.Wrap(fileKey, recipient).AppendTo(text);
            }
            KeyIdStanza.Fill(protection.Recipients, text.Length + HeaderParser.LastLineLength).AppendTo(text);
        }

        var mac = FileKey.HeaderMac(fileKey, Encoding.ASCII.GetBytes(text.Append(Footer).ToString()));
        return Encoding.ASCII.GetBytes(text.Append(' ').Append(AgeBase64.Encode(mac)).Append('\n').ToString());
    }

    /// <summary>Reads the header of a file. It is not authenticated until the file key is known.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Truncated"/> or <see cref="ErrorCatalog.Corrupt"/>.</exception>
    public static async ValueTask<AgeHeader> ReadAsync(IByteSource source, CancellationToken cancellationToken)
    {
        for (var size = FirstRead; ; size = Math.Min(size * 4, MaxSize))
        {
            var start = new byte[Math.Min(size, source.Length)];
            await source.ReadAsync(0, start, cancellationToken);
            if (HeaderParser.TryParse(start, source.Name) is { } header)
            {
                header.PayloadPrefix = start.AsMemory(header.Length);
                return header;
            }

            if (start.Length == source.Length)
            {
                throw new HoldfastException(
                    ErrorCatalog.Truncated,
                    $"{source.Name} ends after {source.Length} bytes, within its encryption header.",
                    "It was truncated when it was written or copied."
                );
            }
            if (size == MaxSize)
            {
                throw HeaderParser.Corrupt(source.Name, $"it is longer than {MaxSize} bytes");
            }
        }
    }

    /// <summary>Whether the MAC of the header matches <paramref name="fileKey"/>.</summary>
    public bool IsAuthentic(ReadOnlySpan<byte> fileKey) =>
        CryptographicOperations.FixedTimeEquals(FileKey.HeaderMac(fileKey, _authenticated), _mac);
}
