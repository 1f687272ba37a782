namespace Holdfast.EndToEnd.Attackers;

/// <summary>Only the owner can read restored and extracted files, whatever the umask is.</summary>
public sealed class FileModeTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Workspace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("snapshot")]
    [InlineData("backup")]
    public async Task Only_the_owner_can_read_restored_and_extracted_files(string type)
    {
        Directory.CreateDirectory(_place.Destination);
        _place.Make("a.db");
        File.SetUnixFileMode($"{_place.Source}/a.db", OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await _place.HoldfastAsync(0, "backup", "--source", _place.Source, "--to", _place.Destination, "--type", type);
        var restored = $"{_place.Root}/restored.db";
        await _place.HoldfastAsync(0, "restore", $"{_place.Destination}/local/a.db", "--to", restored);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(restored));
        var ended = await _place.HoldfastAsync(
            0,
            "restore",
            $"{_place.Destination}/local/a.db",
            "--to",
            $"{_place.Root}/kept.db",
            "--mode",
            "--owner"
        );
        Assert.Equal(OwnerOnly | UnixFileMode.GroupRead, File.GetUnixFileMode($"{_place.Root}/kept.db"));
        Assert.Contains("mode 0640", ended.Output, StringComparison.Ordinal);
        await _place.HoldfastAsync(0, "extract", $"{_place.Destination}/local/a.db", "--to", $"{_place.Root}/plain");
        Assert.All(Directory.GetFiles($"{_place.Root}/plain"), f => Assert.Equal(OwnerOnly, File.GetUnixFileMode(f)));
    }
}
