using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>eng/restore.py tells what is wrong, and leaves nothing behind that is not right.</summary>
[Trait("Category", "Slow")]
public sealed class RestoreScriptRefusalTests : IDisposable
{
    private readonly RestoreScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_missing_parent_is_told_and_points_before_it_are_restored()
    {
        var (chain, points) = await RestoreScript.ImagesAsync(3);
        _script.Write(chain, "snapshot");
        File.Delete(_script.Archives[1]);
        var refusal = await _script.RefusalAsync("out", _script.Archives[2]);
        Assert.Contains(_script.Archives[2], refusal);
        Assert.Contains(chain.Ids[1], refusal);
        await _script.RestoreAsync(_script.Archives[0], _script.PathOf("first"));
        Assert.Equal(points[0], _script.Output("first", "database.sqlite"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cut_archive_is_named(bool isEncrypted)
    {
        var (chain, key) = _script.Protected(BackupType.Snapshot, isEncrypted ? 1 : 0);
        var image = new byte[3 << 20];
        new Random(6).NextBytes(image);
        await chain.AddImageAsync(image, 4096);
        image[^1]++;
        await chain.AddImageAsync(image, 4096);
        var whole = chain.Archives[0];
        foreach (var length in new[] { 0, 65536, whole.Length - 1000, whole.Length - 1 })
        {
            chain.Archives[0] = whole[..length];
            _script.Write(chain, "snapshot", isEncrypted);
            Assert.Contains(_script.Archives[0], await _script.RefusalAsync("out", [.. key, _script.Archives[1]]));
        }

        byte[] damaged = [.. whole];
        damaged[whole.Length / 2]++;
        chain.Archives[0] = damaged;
        _script.Write(chain, "snapshot", isEncrypted);
        Assert.Contains(_script.Archives[0], await _script.RefusalAsync("out", [.. key, _script.Archives[1]]));
    }

    [Fact]
    public async Task An_archive_that_was_put_in_place_of_a_parent_is_not_restored()
    {
        var (chain, _) = await RestoreScript.ImagesAsync(3);
        var (others, _) = await RestoreScript.ImagesAsync(3, seed: 99);
        chain.Archives[0] = others.Archives[0];
        _script.Write(chain, "snapshot");
        Assert.Contains(_script.Archives[2], await _script.RefusalAsync("out", _script.Archives[2]));
    }

    [Fact]
    public async Task A_wrong_or_missing_key_is_told()
    {
        var (chain, key) = _script.Protected(BackupType.Snapshot, 2);
        await chain.AddImageAsync(new byte[8192], 4096);
        _script.Write(chain, "snapshot", isEncrypted: true);
        var other = _script.WriteKey("other", AgeIdentity.Generate());
        Assert.Contains("key", await _script.RefusalAsync("out", "-i", other, _script.ChainFolder));
        Assert.Contains("-i KEYFILE", await _script.RefusalAsync("out", _script.ChainFolder));
        Assert.Contains("nowhere", await _script.RefusalAsync("out", "-i", "nowhere", _script.ChainFolder));
        await _script.RestoreAsync(["-i", other, .. key, _script.ChainFolder, _script.PathOf("out")]);
    }

    [Theory]
    [InlineData("database.sqlite")]
    [InlineData("database.sqlite.partial")]
    public async Task An_output_that_exists_is_not_touched(string name)
    {
        var (chain, _) = await RestoreScript.ImagesAsync(1);
        _script.Write(chain, "snapshot");
        Directory.CreateDirectory(_script.PathOf("out"));
        await File.WriteAllTextAsync(Path.Combine(_script.PathOf("out"), name), "mine", TestContext.Current.CancellationToken);
        Assert.Contains(name, await _script.RefusalAsync("out", _script.ChainFolder));
        Assert.Equal("mine"u8, _script.Output("out", name));
    }

    [Theory]
    [InlineData("dump.sql", 5, 0, null)]
    [InlineData("../dump.sql", 5, 0, "'../dump.sql'")]
    [InlineData("/tmp/dump.sql", 5, 0, "'/tmp/dump.sql'")]
    [InlineData("-rf", 5, 0, "'-rf'")]
    [InlineData("dump.sql", -5, 0, "-5")]
    [InlineData("dump.sql", 6, 0, "not as long")]
    [InlineData("dump.sql", 5, -1, "-1")]
    [InlineData("dump.sql", 5, 1, "damaged")]
    public async Task A_manifest_that_lies_is_refused(string name, long length, int archive, string? refusal)
    {
        var id = new string('1', 32);
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            long Add(string entry, byte[] bytes)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(bytes) });
                return tar.Length - ((bytes.Length + 511) / 512 * 512);
            }

            Add("holdfast.json", JsonSerializer.SerializeToUtf8Bytes(new { format = 1, id, chain = id, kind = "Full" }));
            var offset = Add("dump.sql.000001", "hello"u8.ToArray());
            object[] parts = [new { length = 5, sha256 = Convert.ToBase64String(SHA256.HashData("hello"u8)), archive, offset }];
            var manifest = JsonSerializer.SerializeToUtf8Bytes(new { format = 1, id, archives = new[] { id }, items = new[] { new { name, kind = "Stream", length, parts } } });
            offset = Add("manifest.json", manifest);
            Add("index.json", JsonSerializer.SerializeToUtf8Bytes(new { format = 1, manifest = new { length = manifest.Length, sha256 = Convert.ToBase64String(SHA256.HashData(manifest)), archive = 0, offset } }));
        }

        File.WriteAllBytes(_script.PathOf("hostile.tar"), tar.ToArray());
        Assert.Equal(0, (await _script.RunAsync("zstd", ["-q", "hostile.tar"])).Code);
        string[] arguments = [_script.PathOf("hostile.tar.zst")];
        if (refusal is null) await _script.RestoreAsync([.. arguments, _script.PathOf("out")]);
        else Assert.Contains(refusal, await _script.RefusalAsync("out", arguments));
    }
}
