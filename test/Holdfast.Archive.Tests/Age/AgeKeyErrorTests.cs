using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>A missing key and a wrong key are different errors, and both name the required key.</summary>
public sealed class AgeKeyErrorTests
{
    private readonly AgeIdentity _identity = AgeIdentity.Generate();

    [Fact]
    public async Task Without_any_key_the_hint_names_the_key()
    {
        var refusal = await AgeFiles.RefusalAsync(await ForRecipientAsync(), AgeKeys.None);
        Assert.Equal(ErrorCatalog.KeyMissing, refusal.Error);
        Assert.Contains(_identity.Recipient.KeyId, refusal.Hint);
    }

    [Fact]
    public async Task With_another_key_the_hint_names_the_right_one()
    {
        var refusal = await AgeFiles.RefusalAsync(
            await ForRecipientAsync(),
            AgeKeys.None.Add(AgeIdentity.Generate()).AddPassphrase("word")
        );
        Assert.Equal(ErrorCatalog.KeyWrong, refusal.Error);
        Assert.Contains(_identity.Recipient.KeyId, refusal.Hint);
        Assert.DoesNotContain("word", refusal.Message);
    }

    [Fact]
    public async Task Without_a_passphrase_the_hint_requests_it()
    {
        var refusal = await AgeFiles.RefusalAsync(await WithPassphraseAsync(), AgeKeys.None);
        Assert.Equal(ErrorCatalog.KeyMissing, refusal.Error);
        Assert.Contains("passphrase", refusal.Hint);
    }

    [Fact]
    public async Task A_wrong_passphrase_or_a_key_in_its_place_is_refused()
    {
        var file = await WithPassphraseAsync();
        Assert.Equal(ErrorCatalog.KeyWrong, (await AgeFiles.RefusalAsync(file, AgeKeys.None.AddPassphrase("Right"))).Error);
        Assert.Equal(ErrorCatalog.KeyWrong, (await AgeFiles.RefusalAsync(file, AgeKeys.None.Add(_identity))).Error);
    }

    [Fact]
    public async Task One_matching_key_among_several_is_enough()
    {
        var keys = AgeKeys.None.Add(AgeIdentity.Generate()).AddPassphrase("wrong").AddPassphrase("right").Add(_identity);
        Assert.Equal(AgeFiles.Plaintext(10), await AgeFiles.ReadAllAsync(await ForRecipientAsync(), keys));
        Assert.Equal(AgeFiles.Plaintext(10), await AgeFiles.ReadAllAsync(await WithPassphraseAsync(), keys));
    }

    [Fact]
    public async Task The_header_states_without_a_key_what_opens_the_file()
    {
        var passphrase = await AgeRequirement.ReadAsync(new MemorySource(await WithPassphraseAsync()), AgeFiles.Stop);
        var recipient = await AgeRequirement.ReadAsync(new MemorySource(await ForRecipientAsync()), AgeFiles.Stop);
        Assert.True(passphrase.IsPassphrase);
        Assert.Empty(passphrase.KeyIds);
        Assert.False(recipient.IsPassphrase);
        Assert.Equal([_identity.Recipient.KeyId], recipient.KeyIds);
    }

    [Fact]
    public async Task A_passphrase_with_excessive_cost_is_not_tried_unless_it_is_allowed()
    {
        var file = await AgeFiles.SealAsync(AgeProtection.WithPassphrase("right") with { WorkFactor = 4 }, AgeFiles.Plaintext(10));
        var costly = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(file).Replace(" 4\n", " 19\n", StringComparison.Ordinal));
        var keys = AgeKeys.None.AddPassphrase("right");
        var refused = await AgeFiles.RefusalAsync(costly, keys);
        Assert.Equal(ErrorCatalog.Refused, refused.Error);
        Assert.Contains("512 MiB", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--max-work-factor 19", refused.Hint, StringComparison.Ordinal);
        Assert.Equal(AgeFiles.Plaintext(10), await AgeFiles.ReadAllAsync(file, keys));
        // If allowed for some keys, it is allowed for all. The file was not created with this factor.
        var tried = await AgeFiles.RefusalAsync(costly, keys.Concat(AgeKeys.None.WithMaxWorkFactor(19)));
        Assert.NotEqual(ErrorCatalog.Refused, tried.Error);
    }

    private Task<byte[]> ForRecipientAsync() =>
        AgeFiles.SealAsync(AgeProtection.ToRecipients([_identity.Recipient]), AgeFiles.Plaintext(10));

    private static Task<byte[]> WithPassphraseAsync() =>
        AgeFiles.SealAsync(AgeProtection.WithPassphrase("right") with { WorkFactor = 4 }, AgeFiles.Plaintext(10));
}
