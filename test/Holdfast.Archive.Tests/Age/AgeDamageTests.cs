using Holdfast.Archive.Age;
using Holdfast.Archive.Age.Headers;
using Holdfast.Archive.Age.Payload;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>Damage and truncation are distinguished, and never accepted.</summary>
public sealed class AgeDamageTests
{
    private readonly AgeIdentity _identity = AgeIdentity.Generate();

    private AgeKeys Keys => AgeKeys.None.Add(_identity);

    private AgeProtection Protection => AgeProtection.ToRecipients([_identity.Recipient]);

    [Fact]
    public async Task Every_changed_byte_of_a_small_file_makes_it_corrupt()
    {
        var file = await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(100));
        for (var i = 0; i < file.Length; i++)
        {
            foreach (var flip in (byte[])[1, 0x20, 0x80])
            {
                var changed = (byte[])file.Clone();
                changed[i] ^= flip;
                var refusal = await AgeFiles.RefusalAsync(changed, Keys);
                // Only the key ids state that this key fits; if one is changed with its stanza intact, the MAC detects it.
                Assert.True(refusal.Error == ErrorCatalog.Corrupt, $"byte {i} ^ {flip}: {refusal.Error.Code}: {refusal.Message}");
            }
        }
    }

    [Fact]
    public async Task Every_changed_byte_of_a_file_with_a_passphrase_is_refused()
    {
        var file = await AgeFiles.SealAsync(AgeProtection.WithPassphrase("secret") with { WorkFactor = 1 }, AgeFiles.Plaintext(10));
        for (var i = 0; i < file.Length; i++)
        {
            var changed = (byte[])file.Clone();
            changed[i] ^= 1;
            var refusal = await AgeFiles.RefusalAsync(changed, AgeKeys.None.AddPassphrase("secret"));
            Assert.True(refusal.Error == ErrorCatalog.Corrupt || refusal.Error == ErrorCatalog.KeyWrong, $"byte {i}: {refusal.Error.Code}");
        }
    }

    [Fact]
    public async Task Every_truncation_of_a_small_file_is_reported()
    {
        var file = await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(100));
        for (var length = 0; length < file.Length; length++)
        {
            var refusal = await AgeFiles.RefusalAsync(file[..length], Keys);
            var withinOnlyChunk = length >= KeyIdStanza.HeaderUnit + AgePayload.NonceSize + AgePayload.TagSize;
            Assert.Equal(withinOnlyChunk ? ErrorCatalog.Corrupt : ErrorCatalog.Truncated, refusal.Error);
            Assert.Equal(ErrorCatalog.Truncated, (await AgeFiles.RefusalAsync(file[..length], Keys, size => size == 100)).Error);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(70000)]
    [InlineData(130000)]
    public async Task A_truncated_file_of_several_chunks_is_detected_when_it_is_opened(int lost)
    {
        var file = await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(200_000));
        var refusal = await AgeFiles.RefusalAsync(file[..^lost], Keys);
        Assert.Equal(ErrorCatalog.Truncated, refusal.Error);
        Assert.Contains("shop/file.age", refusal.Message);
    }

    [Fact]
    public async Task A_file_truncated_between_two_chunks_is_reported_as_truncated()
    {
        var file = await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(3 * AgePayload.ChunkSize));
        foreach (var chunks in (int[])[1, 2])
        {
            var cut = file[..^(chunks * AgePayload.SealedSize)];
            Assert.Equal(ErrorCatalog.Truncated, (await AgeFiles.RefusalAsync(cut, Keys, _ => true)).Error);
        }
    }

    [Fact]
    public async Task A_changed_chunk_is_reported_with_its_position_and_the_others_can_be_read()
    {
        var plaintext = AgeFiles.Plaintext(5 * AgePayload.ChunkSize);
        var file = await AgeFiles.SealAsync(Protection, plaintext);
        var start = KeyIdStanza.HeaderUnit + AgePayload.NonceSize + (2 * AgePayload.SealedSize);
        file[start + 77] ^= 1;
        await using var reader = await AgeFiles.OpenAsync(file, Keys);
        var buffer = new byte[2 * AgePayload.ChunkSize];
        await reader.ReadAsync(3 * AgePayload.ChunkSize, buffer, AgeFiles.Stop);
        Assert.Equal(plaintext[(3 * AgePayload.ChunkSize)..], buffer);
        foreach (var offset in (int[])[2 * AgePayload.ChunkSize, (2 * AgePayload.ChunkSize) - 1])
        {
            var error = await Assert.ThrowsAsync<HoldfastException>(async () => await reader.ReadAsync(offset, buffer, AgeFiles.Stop));
            Assert.Equal(ErrorCatalog.Corrupt, error.Error);
            Assert.Contains($"bytes {start} to", error.Message);
        }
    }

    [Fact]
    public async Task Bytes_after_the_end_are_refused()
    {
        var file = await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(100));
        await AgeFiles.RefusalAsync([.. file, 0], Keys);
        await AgeFiles.RefusalAsync([.. file, .. file], Keys);
    }

    [Fact]
    public async Task Reordered_chunks_are_refused()
    {
        var file = await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(3 * AgePayload.ChunkSize));
        var start = KeyIdStanza.HeaderUnit + AgePayload.NonceSize;
        byte[] swapped =
        [
            .. file[..start],
            .. file[(start + AgePayload.SealedSize)..(start + (2 * AgePayload.SealedSize))],
            .. file[start..(start + AgePayload.SealedSize)],
            .. file[^AgePayload.SealedSize..],
        ];
        Assert.Equal(ErrorCatalog.Corrupt, (await AgeFiles.RefusalAsync(swapped, Keys)).Error);
    }
}
