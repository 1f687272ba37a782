using Holdfast.Archive.Age;

namespace Holdfast.Archive.Tests.Age;

/// <summary>Files are exchanged between Holdfast and the program age, both ways.</summary>
[Trait("Category", "Slow")]
public sealed class AgeProgramTests : IDisposable
{
    private readonly AgePrograms _age = new();

    public static TheoryData<int> Sizes =>
        [0, 1, 65535, 65536, 65537, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 15 * 65536, (15 * 65536) + 1, 5_000_000];

    public void Dispose() => _age.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Age_decrypts_files_of_Holdfast(int size)
    {
        var identity = AgeIdentity.Generate();
        KeyFile.Write(_age.PathOf("key"), identity, DateTimeOffset.UnixEpoch);
        var plaintext = AgeFiles.Plaintext(size);
        _age.Write("file.age", await AgeFiles.SealAsync(AgeProtection.ToRecipients([identity.Recipient]), plaintext));
        await _age.RunAsync("age", "-d", "-i", "key", "-o", "out", "file.age");
        if (size == 0)
        {
            Assert.False(File.Exists(_age.PathOf("out"))); // age creates its output with the first byte
        }
        else
        {
            Assert.Equal(plaintext, await File.ReadAllBytesAsync(_age.PathOf("out"), AgeFiles.Stop));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Holdfast_decrypts_files_of_age(int size)
    {
        var identity = AgeIdentity.Generate();
        var plaintext = AgeFiles.Plaintext(size);
        _age.Write("plain", plaintext);
        await _age.RunAsync(
            "age",
            "-r",
            identity.Recipient.ToString(),
            "-r",
            AgeIdentity.Generate().Recipient.ToString(),
            "-o",
            "file.age",
            "plain"
        );
        Assert.Equal(
            plaintext,
            await AgeFiles.ReadAllAsync(await File.ReadAllBytesAsync(_age.PathOf("file.age"), AgeFiles.Stop), AgeKeys.None.Add(identity))
        );
    }

    [Theory]
    [InlineData(2)]
    [InlineData(20)]
    [InlineData(AgeProtection.MaxRecipients)]
    public async Task Age_opens_a_file_with_the_key_of_any_of_several_recipients(int count)
    {
        AgeIdentity[] identities = [.. Enumerable.Range(0, count).Select(_ => AgeIdentity.Generate())];
        _age.Write(
            "file.age",
            await AgeFiles.SealAsync(
                AgeProtection.ToRecipients([.. identities.Select(identity => identity.Recipient)]),
                AgeFiles.Plaintext(1000)
            )
        );
        foreach (var (index, identity) in identities.Index().Where(entry => entry.Index == 0 || entry.Index == count - 1))
        {
            KeyFile.Write(_age.PathOf($"key{index}"), identity, DateTimeOffset.UnixEpoch);
            await _age.RunAsync("age", "-d", "-i", $"key{index}", "-o", $"out{index}", "file.age");
            Assert.Equal(AgeFiles.Plaintext(1000), await File.ReadAllBytesAsync(_age.PathOf($"out{index}"), AgeFiles.Stop));
        }
    }

    [Fact]
    public async Task Age_decrypts_files_of_Holdfast_with_a_passphrase()
    {
        _age.Write("file.age", await AgeFiles.SealAsync(AgeProtection.WithPassphrase("schöne Grüße"), AgeFiles.Plaintext(70_000)));
        await _age.RunWithPassphraseAsync("schöne Grüße", 1, "-d", "-o", "out", "file.age");
        Assert.Equal(AgeFiles.Plaintext(70_000), await File.ReadAllBytesAsync(_age.PathOf("out"), AgeFiles.Stop));
    }

    [Fact]
    public async Task Holdfast_decrypts_files_of_age_with_a_passphrase()
    {
        _age.Write("plain", AgeFiles.Plaintext(70_000));
        await _age.RunWithPassphraseAsync("correct horse", 2, "-p", "-o", "file.age", "plain");
        var file = await File.ReadAllBytesAsync(_age.PathOf("file.age"), AgeFiles.Stop);
        Assert.Equal(AgeFiles.Plaintext(70_000), await AgeFiles.ReadAllAsync(file, AgeKeys.None.AddPassphrase("correct horse")));
    }

    [Fact]
    public async Task A_key_file_of_age_keygen_is_read_and_written_identically()
    {
        await _age.RunAsync("age-keygen", "-o", "theirs");
        var identity = Assert.Single(KeyFile.Read(_age.PathOf("theirs")).Identities);
        var theirs = await File.ReadAllTextAsync(_age.PathOf("theirs"), AgeFiles.Stop);
        var created = DateTimeOffset.Parse(
            theirs.Split('\n')[0]["# created: ".Length..],
            System.Globalization.CultureInfo.InvariantCulture
        );
        KeyFile.Write(_age.PathOf("ours"), identity, created);
        Assert.Equal(theirs, await File.ReadAllTextAsync(_age.PathOf("ours"), AgeFiles.Stop));
        Assert.Equal(identity.Recipient.ToString(), (await _age.RunAsync("age-keygen", "-y", "ours")).Trim());
    }
}
