using System.Text;
using CsCheck;
using Holdfast.Archive.Age;
using Holdfast.Archive.Age.Headers;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>The header has a fixed size, and invalid headers are refused.</summary>
public sealed class AgeHeaderTests
{
    private const string Share = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string Stanza = $"-> X25519 {Share}\n{Share}\n";
    private const string Mac = $"--- {Share}\n";

    [Fact]
    public void The_header_is_a_multiple_of_2048_bytes_for_any_number_of_recipients()
    {
        List<AgeRecipient> recipients = [];
        for (var count = 1; count <= AgeProtection.MaxRecipients; count++)
        {
            recipients.Add(AgeIdentity.Generate().Recipient);
            var header = AgeHeader.Write(AgeProtection.ToRecipients(recipients), new byte[FileKey.Size]);
            Assert.Equal(0, header.Length % 2048);
            if (count <= 16)
            {
                Assert.Equal(2048, header.Length);
            }
            var parsed = HeaderParser.TryParse(header, "file")!;
            Assert.Equal(header.Length, parsed.Length);
            Assert.Equal(recipients.Select(recipient => recipient.KeyId), parsed.KeyIds);
        }
    }

    [Fact]
    public void Padding_reaches_the_size_from_any_start()
    {
        var recipient = AgeIdentity.Generate().Recipient;
        for (var other = 0; other < 4100; other++)
        {
            var text = new StringBuilder();
            KeyIdStanza.Fill([recipient], other).AppendTo(text);
            Assert.Equal(0, (other + text.Length) % KeyIdStanza.HeaderUnit);
        }
    }

    [Theory]
    [InlineData("age-encryption.org/v2\n" + Stanza + Mac, "version")]
    [InlineData("-----BEGIN AGE ENCRYPTED FILE-----\n", "armor")]
    [InlineData(AgeHeader.Intro + Mac, "no stanza")]
    [InlineData(AgeHeader.Intro + $"-> X25519  {Share}\n{Share}\n" + Mac, "empty argument")]
    [InlineData(AgeHeader.Intro + $"-> \n{Share}\n" + Mac, "no type")]
    [InlineData(AgeHeader.Intro + $"->X25519 {Share}\n{Share}\n" + Mac, "no blank")]
    [InlineData(AgeHeader.Intro + $"-> X25519 {Share}\r\n{Share}\r\n" + Mac, "carriage return")]
    [InlineData(AgeHeader.Intro + $"-> X25519 {Share}\n{Share}=\n" + Mac, "padding")]
    [InlineData(AgeHeader.Intro + "-> x y\nAB\n" + Mac, "unused bits")]
    [InlineData(AgeHeader.Intro + "-> x y\nA\n" + Mac, "one letter")]
    [InlineData(AgeHeader.Intro + $"-> x y\n{Share}{Share}\n" + Mac, "long line")]
    [InlineData(AgeHeader.Intro + Stanza + $"---  {Share}\n", "two blanks")]
    [InlineData(AgeHeader.Intro + Stanza + $"---{Share}\n", "no blank before the MAC")]
    [InlineData(AgeHeader.Intro + Stanza + "--- AAAA\n", "short MAC")]
    [InlineData(AgeHeader.Intro + Stanza + $"--- {Share}x", "no newline behind the MAC")]
    [InlineData(AgeHeader.Intro + "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\nAAAA\n" + Stanza + Mac, "passphrase and recipient")]
    public void A_malformed_header_is_corrupt(string header, string why)
    {
        var refusal = Assert.Throws<HoldfastException>(() => HeaderParser.TryParse(Encoding.Latin1.GetBytes(header), "file"));
        Assert.True(refusal.Error == ErrorCatalog.Corrupt, why);
    }

    [Fact]
    public async Task Endless_headers_and_too_many_stanzas_are_refused()
    {
        string[] hostile =
        [
            AgeHeader.Intro + "-> " + new string('x', 100_000),
            AgeHeader.Intro + "-> x\n" + string.Concat(Enumerable.Repeat(new string('A', 64) + "\n", 2000)),
            AgeHeader.Intro + string.Concat(Enumerable.Repeat(Stanza, 65)) + Mac,
        ];
        foreach (var header in hostile)
        {
            Assert.Equal(
                ErrorCatalog.Corrupt,
                (await AgeFiles.RefusalAsync(Encoding.ASCII.GetBytes(header + new string('x', 1000)), AgeKeys.None)).Error
            );
        }
    }

    [Fact]
    public void Any_bytes_are_either_a_valid_header_or_refused()
    {
        var whole = AgeHeader.Write(AgeProtection.ToRecipients([AgeIdentity.Generate().Recipient]), new byte[FileKey.Size]);
        var edit = Gen.Select(
            Gen.Int[0, whole.Length - 1],
            Gen.Int[0, 40],
            Gen.OneOf(Gen.Byte.Array[0, 3], Gen.String["-> \nA0="].Select(Encoding.ASCII.GetBytes))
        );
        edit.Array[1, 4]
            .Sample(edits =>
            {
                var changed = whole.ToList();
                foreach (var (at, removed, added) in edits)
                {
                    var start = Math.Min(at, changed.Count);
                    changed.RemoveRange(start, Math.Min(removed, changed.Count - start));
                    changed.InsertRange(start, added);
                }

                try
                {
                    HeaderParser.TryParse(changed.ToArray(), "file");
                }
                catch (HoldfastException e) when (e.Error == ErrorCatalog.Corrupt)
                {
                    // refusal is acceptable
                }
            });
    }

    [Theory]
    [InlineData("23")]
    [InlineData("64")]
    [InlineData("0")]
    [InlineData("018")]
    [InlineData("-1")]
    [InlineData("99999999999")]
    public async Task A_passphrase_with_excessive_cost_is_refused_at_once(string workFactor)
    {
        var file = $"{AgeHeader.Intro}-> scrypt AAAAAAAAAAAAAAAAAAAAAA {workFactor}\n{Share}\n{Mac}";
        Assert.Equal(
            ErrorCatalog.Corrupt,
            (await AgeFiles.RefusalAsync(Encoding.ASCII.GetBytes(file), AgeKeys.None.AddPassphrase("x"))).Error
        );
    }

    [Fact]
    public async Task A_low_order_share_is_refused()
    {
        var file = Encoding.ASCII.GetBytes(AgeHeader.Intro + Stanza + Mac + new string('x', 100));
        Assert.Equal(ErrorCatalog.Corrupt, (await AgeFiles.RefusalAsync(file, AgeKeys.None.Add(AgeIdentity.Generate()))).Error);
    }
}
