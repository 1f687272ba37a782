using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>Keys in all formats.</summary>
public sealed class AgeKeyTests
{
    // From the examples of age's specification.
    private const string Secret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    private const string Public = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    [Fact]
    public void The_example_of_the_specification_gives_the_same_key()
    {
        var identity = AgeIdentity.FromBytes(Enumerable.Repeat((byte)0x42, 32).ToArray());
        Assert.Equal(Secret, identity.ToSecretKey());
        Assert.Equal(Public, identity.Recipient.ToString());
        Assert.Equal(identity.Recipient, AgeRecipient.Parse(Public));
    }

    [Fact]
    public void All_formats_of_a_key_are_the_same_key()
    {
        var identity = AgeIdentity.Generate();
        string[] spellings =
        [
            identity.ToSecretKey(),
            identity.ToBase64(),
            Convert.ToHexString(Convert.FromBase64String(identity.ToBase64())),
            Convert.ToHexStringLower(Convert.FromBase64String(identity.ToBase64())),
        ];
        Assert.All(spellings, text => Assert.Equal(identity.Recipient, AgeIdentity.Parse(text).Recipient));
        Assert.Matches("^[0-9a-f]{16}$", identity.Recipient.KeyId);
    }

    [Fact]
    public void Every_changed_character_of_a_key_is_detected_and_not_quoted()
    {
        foreach (var text in (string[])[Secret, Public])
        {
            for (var i = 0; i < text.Length; i++)
            {
                var changed =
                    text[..i]
                    + (
                        text[i] is 'q' or 'Q' ? text[i] - 5
                        : char.IsUpper(text[i]) ? 'Q'
                        : 'q'
                    )
                    + text[(i + 1)..];
                var refusal = Assert.Throws<HoldfastException>(() =>
                    text == Secret ? (object)AgeIdentity.Parse(changed) : AgeRecipient.Parse(changed)
                );
                Assert.Equal(ErrorCatalog.Usage, refusal.Error);
                if (text == Secret)
                {
                    Assert.DoesNotContain(changed[20..30], refusal.Message + refusal.Hint);
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("age1")]
    [InlineData("AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ")]
    [InlineData("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqs3290gq")]
    [InlineData(Secret)]
    public void An_invalid_recipient_is_refused(string text) =>
        Assert.Equal(ErrorCatalog.Usage, Assert.Throws<HoldfastException>(() => AgeRecipient.Parse(text)).Error);

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("zz000000000000000000000000000000000000000000000000000000000000ff")]
    public void An_invalid_secret_key_is_refused(string text) =>
        Assert.Equal(ErrorCatalog.Usage, Assert.Throws<HoldfastException>(() => AgeIdentity.Parse(text)).Error);

    [Fact]
    public void No_text_form_contains_a_secret()
    {
        var identity = AgeIdentity.Parse(Secret);
        var keys = AgeKeys.None.Add(identity).AddPassphrase("hush");
        var all = $"{identity} {keys} {AgeProtection.WithPassphrase("hush")} {AgeProtection.ToRecipients([identity.Recipient])}";
        Assert.DoesNotContain("hush", all);
        Assert.DoesNotContain(Secret[15..], all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(identity.ToBase64(), all);
    }

    [Fact]
    public void A_duplicate_recipient_counts_once()
    {
        var recipient = AgeIdentity.Generate().Recipient;
        Assert.Equal([recipient], AgeProtection.ToRecipients([recipient, AgeRecipient.Parse(recipient.ToString())]).Recipients);
        Assert.Throws<HoldfastException>(() => AgeProtection.ToRecipients([]));
    }

    [Fact]
    public async Task The_key_of_a_database_decrypts_what_was_encrypted_with_it()
    {
        foreach (var key in (DatabaseKey[])[DatabaseKey.FromRaw(AgeFiles.Plaintext(32)), DatabaseKey.FromPassphrase("word")])
        {
            var file = await AgeFiles.SealAsync(AgeProtection.From(key) with { WorkFactor = 2 }, AgeFiles.Plaintext(10));
            Assert.Equal(AgeFiles.Plaintext(10), await AgeFiles.ReadAllAsync(file, AgeKeys.From(key)));
        }
    }
}
