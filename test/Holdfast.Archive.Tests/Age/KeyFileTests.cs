using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>Key files are read in all formats, and never overwritten.</summary>
public sealed class KeyFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("holdfast-key-");

    private string KeyPath => Path.Combine(_directory.FullName, "key.txt");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Every_kind_of_line_is_parsed()
    {
        AgeIdentity[] keys = [AgeIdentity.Generate(), AgeIdentity.Generate(), AgeIdentity.Generate()];
        var hex = Convert.ToHexString(Convert.FromBase64String(keys[2].ToBase64()));
        File.WriteAllText(
            KeyPath,
            $"\ufeff# mine\n\n{keys[0].ToSecretKey()}\r\n  {keys[1].ToBase64()} \n\t\n{hex}\npassphrase:  zwei Wörter #1 "
        );
        var read = KeyFile.Read(KeyPath);
        Assert.Equal(keys.Select(key => key.Recipient), read.Identities.Select(key => key.Recipient));
        Assert.Equal([" zwei Wörter #1 "], read.Passphrases);
    }

    [Theory]
    [InlineData("# a\nhunter2secret\n", 2)]
    [InlineData("passphrase: \n", 1)]
    [InlineData("passphrase:hunter2secret\n", 1)]
    [InlineData("# a\n#b\n\nAGE-SECRET-KEY-1hunter2secret", 4)]
    public void An_invalid_line_is_reported_by_number_and_not_quoted(string text, int line)
    {
        File.WriteAllText(KeyPath, text);
        var refusal = Assert.Throws<HoldfastException>(() => KeyFile.Read(KeyPath));
        Assert.Equal(ErrorCatalog.Usage, refusal.Error);
        Assert.Contains($"ine {line} ", refusal.Message);
        Assert.Contains(KeyPath, refusal.Message);
        Assert.DoesNotContain("hunter2secret", refusal.ToString() + refusal.Hint);
    }

    [Fact]
    public void Invalid_UTF8_is_refused()
    {
        File.WriteAllBytes(KeyPath, [.. "passphrase: "u8, 0xff, 0xfe]);
        Assert.Equal(ErrorCatalog.Usage, Assert.Throws<HoldfastException>(() => KeyFile.Read(KeyPath)).Error);
        File.WriteAllBytes(KeyPath, new byte[2_000_000]);
        Assert.Equal(ErrorCatalog.Usage, Assert.Throws<HoldfastException>(() => KeyFile.Read(KeyPath)).Error);
    }

    [Fact]
    public void A_missing_file_is_not_found() =>
        Assert.Equal(ErrorCatalog.NotFound, Assert.Throws<HoldfastException>(() => KeyFile.Read(KeyPath)).Error);

    [Fact]
    public void A_written_file_is_accessible_to_its_owner_only_and_never_overwritten()
    {
        var identity = AgeIdentity.Generate();
        KeyFile.Write(KeyPath, identity, new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)));
        Assert.Equal(
            $"# created: 2026-01-02T03:04:05+01:00\n# public key: {identity.Recipient}\n{identity.ToSecretKey()}\n",
            File.ReadAllText(KeyPath)
        );
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
        }
        var refusal = Assert.Throws<HoldfastException>(() => KeyFile.Write(KeyPath, AgeIdentity.Generate(), DateTimeOffset.UnixEpoch));
        Assert.Equal(ErrorCatalog.TargetExists, refusal.Error);
        Assert.Equal(identity.Recipient, Assert.Single(KeyFile.Read(KeyPath).Identities).Recipient);
    }

    [Fact]
    public void A_database_has_exactly_one_key()
    {
        var identity = AgeIdentity.Generate();
        File.WriteAllText(KeyPath, $"# key\n{identity.ToBase64()}\n");
        Assert.Equal(identity.ToBase64(), Convert.ToBase64String(KeyFile.ReadDatabaseKey(KeyPath).Raw!));
        File.WriteAllText(KeyPath, "passphrase: word\n");
        Assert.Equal("word", KeyFile.ReadDatabaseKey(KeyPath).Passphrase);
        foreach (var text in (string[])["# none\n", "passphrase: a\npassphrase: b\n"])
        {
            File.WriteAllText(KeyPath, text);
            Assert.Equal(ErrorCatalog.Usage, Assert.Throws<HoldfastException>(() => KeyFile.ReadDatabaseKey(KeyPath)).Error);
        }
    }
}
