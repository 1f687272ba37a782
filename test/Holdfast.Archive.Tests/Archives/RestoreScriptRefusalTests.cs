using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>eng/restore.py reports what is wrong, and leaves no incorrect output behind.</summary>
[Trait("Category", "Slow")]
public sealed class RestoreScriptRefusalTests : IDisposable
{
    private readonly RestoreScript _script = new();

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_missing_parent_is_reported_and_points_before_it_are_restored()
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
    public async Task A_truncated_archive_is_reported_by_name(bool isEncrypted)
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
    public async Task An_archive_substituted_for_a_parent_is_not_restored()
    {
        var (chain, _) = await RestoreScript.ImagesAsync(3);
        var (others, _) = await RestoreScript.ImagesAsync(3, seed: 99);
        chain.Archives[0] = others.Archives[0];
        _script.Write(chain, "snapshot");
        Assert.Contains(_script.Archives[2], await _script.RefusalAsync("out", _script.Archives[2]));
    }

    [Fact]
    public async Task An_archive_of_another_database_is_refused_unless_allowed()
    {
        var (chain, points) = await RestoreScript.ImagesAsync(2);
        _script.Write(chain, "snapshot"); // of local/test, in the folder of local/shop
        await _script.RestoreAsync(_script.ChainFolder, _script.PathOf("elsewhere")); // not below the root of a destination
        await File.WriteAllTextAsync($"{_script.Root}/.holdfast-destination", "{}", TestContext.Current.CancellationToken);
        foreach (
            var arguments in (string[][])
                [
                    [_script.ChainFolder],
                    ["--point", "2026-11-23 10", _script.ChainFolder],
                ]
        )
        {
            var refusal = await _script.RefusalAsync("out", arguments);
            Assert.Contains("is of database 'local/test'", refusal, StringComparison.Ordinal);
            Assert.Contains("--allow-mismatch", refusal, StringComparison.Ordinal);
        }

        foreach (
            var arguments in (string[][])
                [
                    ["--allow-mismatch", _script.ChainFolder],
                    [_script.Archives[1]],
                ]
        )
        {
            var folder = $"out{arguments.Length}";
            var (code, _, errors) = await _script.RunAsync("python3", [RestoreScript.ScriptPath, .. arguments, _script.PathOf(folder)]);
            Assert.True(code == 0, errors);
            Assert.Contains("Warning: ", errors, StringComparison.Ordinal);
            Assert.Contains("is of database 'local/test'", errors, StringComparison.Ordinal);
            Assert.Equal(points[1], _script.Output(folder, "database.sqlite"));
        }

        Directory.Move($"{_script.Root}/local/shop", $"{_script.Root}/local/test");
        await _script.RestoreAsync(_script.ChainFolder.Replace("/shop/", "/test/", StringComparison.Ordinal), _script.PathOf("own"));
    }

    [Theory]
    [InlineData("2026-11-23-10-00-00.A-backup", "2026-11-23-10-00-00.snapshot", "of a chain of backups")]
    [InlineData("2026-11-23-10-00-00.A-snapshot-nightly", "2026-11-23-10-00-00.snapshot", "of no task, and its folder of task 'nightly'")]
    [InlineData("2026-11-22-10-00-00.A-snapshot", "2026-11-23-10-00-00.snapshot", "another chain")]
    [InlineData("2026-11-23-08-59-59.A-snapshot", "2026-11-23-08-59-59.snapshot", "after the time in its name")]
    [InlineData("2026-11-23-10-00-00.A-snapshot", "2026-11-23-10-00-00.encrypted-snapshot", "which its name does not say")]
    [InlineData("2026-11-23-10-00-00.A-snapshot", "2026-11-23-12-00-00.snapshot", "another chain")]
    public async Task An_archive_that_contradicts_its_names_is_refused_and_so_are_those_that_build_on_it(
        string folder,
        string name,
        string refusal
    )
    {
        var (chain, _) = await RestoreScript.ImagesAsync(2);
        _script.Write(chain, "snapshot");
        var moved = $"{_script.Root}/{folder}";
        Directory.Move(_script.ChainFolder, moved);
        File.Move($"{moved}/2026-11-23-10-00-00.snapshot.tar.zst", $"{moved}/{name}.tar.zst");
        Assert.Contains(refusal, await _script.RefusalAsync("out", moved), StringComparison.Ordinal);
        await _script.RestoreAsync("--allow-mismatch", moved, _script.PathOf("out"));
    }

    [Fact]
    public async Task A_duplicate_point_is_refused()
    {
        var (chain, _) = await RestoreScript.ImagesAsync(2);
        _script.Write(chain, "snapshot");
        File.Copy(_script.Archives[1], $"{_script.ChainFolder}/2026-11-23-13-00-00.incremental-backup.tar.zst");
        Assert.Contains("is the same archive", await _script.RefusalAsync("out", _script.ChainFolder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_names_folders_as_Holdfast_does()
    {
        string[] names = ["", "a/b.db", "Über db", ".x.", "-a", "Orders.DB", new('a', 300), new('A', 179), "~%=+@,"];
        const string program =
            "import json,runpy,sys\nname = runpy.run_path(sys.argv[1])['folder_name']\nprint(json.dumps([name(n) for n in "
            + "json.loads(sys.argv[2])]))";
        var (_, output, errors) = await _script.RunAsync(
            "python3",
            ["-c", program, RestoreScript.ScriptPath, JsonSerializer.Serialize(names)]
        );
        Assert.True(output.Length > 0, errors);
        Assert.Equal(names.Select(Core.Layout.FolderName.Encode), JsonSerializer.Deserialize<string[]>(output));
    }

    [Fact]
    public async Task A_wrong_or_missing_key_is_reported()
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
    public async Task An_inconsistent_manifest_is_refused(string name, long length, int archive, string? refusal)
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

            Add(
                "holdfast.json",
                JsonSerializer.SerializeToUtf8Bytes(
                    new
                    {
                        format = 1,
                        id,
                        chain = id,
                        kind = "Full",
                    }
                )
            );
            var offset = Add("dump.sql.000001", "hello"u8.ToArray());
            object[] parts =
            [
                new
                {
                    length = 5,
                    sha256 = Convert.ToBase64String(SHA256.HashData("hello"u8)),
                    archive,
                    offset,
                },
            ];
            var manifest = JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    format = 1,
                    id,
                    archives = new[] { id },
                    items = new[]
                    {
                        new
                        {
                            name,
                            kind = "Stream",
                            length,
                            parts,
                        },
                    },
                }
            );
            offset = Add("manifest.json", manifest);
            Add(
                "index.json",
                JsonSerializer.SerializeToUtf8Bytes(
                    new
                    {
                        format = 1,
                        manifest = new
                        {
                            length = manifest.Length,
                            sha256 = Convert.ToBase64String(SHA256.HashData(manifest)),
                            archive = 0,
                            offset,
                        },
                    }
                )
            );
        }

        File.WriteAllBytes(_script.PathOf("hostile.tar"), tar.ToArray());
        Assert.Equal(0, (await _script.RunAsync("zstd", ["-q", "hostile.tar"])).Code);
        string[] arguments = [_script.PathOf("hostile.tar.zst")];
        if (refusal is null)
        {
            await _script.RestoreAsync([.. arguments, _script.PathOf("out")]);
        }
        else
        {
            Assert.Contains(refusal, await _script.RefusalAsync("out", arguments));
        }
    }
}
