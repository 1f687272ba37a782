using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>eng/restore.py, written from docs/format.md alone, restores archives of Holdfast: the specification is complete.</summary>
[Trait("Category", "Slow")]
public sealed class RestoreScriptTests : IDisposable
{
    private readonly RestoreScript _script = new();

    public static TheoryData<int, int> Recipients =>
        new()
        {
            { 1, 0 },
            { 3, 1 },
            { 3, 4 },
            { 20, 0 },
        };

    public void Dispose() => _script.Dispose();

    [Theory]
    [MemberData(nameof(Recipients))]
    public async Task An_image_that_grows_and_shrinks_is_restored(int archives, int recipients)
    {
        var random = new Random(archives);
        var (chain, key) = _script.Protected(BackupType.Snapshot, recipients);
        var points = new List<byte[]>();
        var image = new byte[300 * 4096];
        random.NextBytes(image);
        for (var point = 0; point < archives; point++)
        {
            points.Add([.. image]);
            await chain.AddImageAsync(image, 4096);
            // Large enough for several entries of pages, both ways.
            Array.Resize(ref image, (point % 3 == 1 ? 200 : 600 + point) * 4096);
            for (var i = 0; i < 100; i++)
            {
                image[random.Next(image.Length)]++;
            }
        }

        _script.Write(chain, "snapshot", recipients > 0);
        await ComesBackAsync(points, "database.sqlite", key);
    }

    [Theory]
    [MemberData(nameof(Recipients))]
    public async Task A_stream_with_repeats_and_removals_is_restored(int archives, int recipients)
    {
        var random = new Random(archives);
        var (chain, key) = _script.Protected(BackupType.Backup, recipients);
        var points = new List<byte[]>();
        var block = new byte[400_000];
        random.NextBytes(block);
        byte[] stream = [.. block, .. block, .. block];
        for (var point = 0; point < archives; point++)
        {
            points.Add([.. stream]);
            await chain.AddStreamAsync(stream);
            var insert = new byte[random.Next(2000)];
            random.NextBytes(insert);
            var at = random.Next(stream.Length);
            stream = (point % 4) switch
            {
                1 => [.. stream[(stream.Length / 3)..]],
                2 => [.. stream, .. block, .. insert, .. block],
                _ => [.. stream[..at], .. insert, .. stream[at..]],
            };
        }

        _script.Write(chain, "full-backup", recipients > 0);
        await ComesBackAsync(points, "dump.sql", key);
    }

    [Fact]
    public async Task A_changed_page_size_and_empty_images_are_restored()
    {
        var random = new Random(1);
        var image = new byte[1 << 21];
        random.NextBytes(image);
        var chain = new Chain(BackupType.Snapshot);
        var points = new List<byte[]>();
        foreach (
            var (size, pageSize) in new[]
            {
                (1 << 20, 4096),
                (1 << 21, 65536),
                (1 << 19, 65536),
                (0, 512),
                (1 << 18, 512),
                (0, 4096),
                (1 << 19, 512),
            }
        )
        {
            points.Add(image[..size]);
            await chain.AddImageAsync(points[^1], pageSize);
            // The empty image between the last two leaves no pages of another size in the index: the last point builds
            // on pages from before it.
            if (points.Count < 5)
            {
                image[random.Next(1 << 18)]++;
            }
        }

        _script.Write(chain, "snapshot");
        foreach (var point in new[] { 2, 3, 5, 6 })
        {
            await _script.RestoreAsync(_script.Archives[point], _script.PathOf($"{point}"));
            Assert.Equal(points[point], _script.Output($"{point}", "database.sqlite"));
        }
    }

    [Fact]
    public async Task Several_items_of_one_archive_are_restored()
    {
        var (image, stream) = (new byte[700 * 512], new byte[500_000]);
        new Random(8).NextBytes(image);
        new Random(9).NextBytes(stream);
        var chain = new Chain(BackupType.Snapshot);
        for (var point = 0; point < 3; point++)
        {
            image[point * 100_000]++;
            stream[point * 100_000]++;
            await chain.AddAsync(
                async (writer, token) =>
                {
                    await writer.WriteImageAsync("main.db", new MemoryImage(512, image), token);
                    await writer.WriteImageAsync("empty", new MemoryImage(512, []), token);
                    await writer.WriteStreamAsync("a.pagemap", stream.Length, async (pipe, t) => await pipe.WriteAsync(stream, t), token);
                    await writer.WriteStreamAsync("b", stream.Length, async (pipe, t) => await pipe.WriteAsync(stream, t), token);
                },
                image.Length
            );
        }

        _script.Write(chain, "snapshot");
        await _script.RestoreAsync(_script.ChainFolder, _script.PathOf("out"));
        Assert.Equal(image, _script.Output("out", "main.db"));
        Assert.Equal(stream, _script.Output("out", "a.pagemap"));
        Assert.Equal(stream, _script.Output("out", "b"));
        Assert.Empty(_script.Output("out", "empty"));
        Assert.Equal(4, Directory.GetFiles(_script.PathOf("out")).Length);
    }

    [Fact]
    public async Task The_newest_point_is_found_by_ids_when_a_clock_was_set_back()
    {
        var (chain, points) = await RestoreScript.ImagesAsync(3);
        _script.Write(chain, "snapshot", isClockBackwards: true);
        await _script.RestoreAsync(_script.ChainFolder, _script.PathOf("out"));
        Assert.Equal(points[2], _script.Output("out", "database.sqlite"));
    }

    [Fact]
    public async Task A_point_is_selected_by_time_or_id_as_listed()
    {
        var (chain, points) = await RestoreScript.ImagesAsync(3);
        _script.Write(chain, "snapshot");
        var list = await _script.RestoreAsync("--list", _script.Root);
        Assert.All(_script.Archives, archive => Assert.Contains(Path.GetFileName(archive), list));
        Assert.Contains(_script.ChainFolder, list);
        await _script.RestoreAsync("--point", "2026-11-23 11:00", _script.ChainFolder, _script.PathOf("by-time"));
        Assert.Equal(points[1], _script.Output("by-time", "database.sqlite"));
        await _script.RestoreAsync("--point", chain.Ids[0], _script.ChainFolder, _script.PathOf("by-id"));
        Assert.Equal(points[0], _script.Output("by-id", "database.sqlite"));
        Assert.Contains("begin with '2020'", await _script.RefusalAsync("out", "--point", "2020", _script.ChainFolder));
        Assert.Contains("--list", await _script.RefusalAsync("out", _script.Root));
    }

    [Fact]
    public async Task The_passphrase_is_prompted_for_once()
    {
        var protection = AgeProtection.WithPassphrase("schöne Grüße");
        var chain = new Chain(BackupType.Backup, protection, AgeKeys.None.AddPassphrase("schöne Grüße"));
        var stream = new byte[200_000];
        new Random(4).NextBytes(stream);
        await chain.AddStreamAsync(stream);
        _script.Write(chain, "full-backup", isEncrypted: true);
        string[] Command(string folder) =>
            ["-qec", $"python3 {RestoreScript.ScriptPath} {_script.ChainFolder} {_script.PathOf(folder)}", "/dev/null"];
        var (code, output, _) = await _script.RunAsync("script", Command("out"), "schöne Grüße\n", "Passphrase of ");
        Assert.True(code == 0, output);
        Assert.Equal(stream, _script.Output("out", "dump.sql"));
        Assert.Equal(2, output.Split("Passphrase of ").Length);
        (code, output, _) = await _script.RunAsync("script", Command("wrong"), "another\n", "Passphrase of ");
        Assert.NotEqual(0, code);
        Assert.Contains("passphrase", output.Split("Not restored")[1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Standard_programs_open_a_full_archive(int recipients)
    {
        var image = new byte[3 << 20];
        new Random(6).NextBytes(image);
        var (images, imageKey) = _script.Protected(BackupType.Snapshot, recipients);
        await images.AddImageAsync(image, 4096);
        var (streams, streamKey) = _script.Protected(BackupType.Backup, recipients);
        await streams.AddStreamAsync(image);
        foreach (var (chain, key, join) in new[] { (images, imageKey, "cat database.sqlite"), (streams, streamKey, "cat dump.sql.*") })
        {
            _script.Write(chain, "snapshot", recipients > 0);
            var open =
                recipients > 0 ? $"age -d {string.Join(' ', key)} {_script.Archives[0]} | zstd -d" : $"zstd -d < {_script.Archives[0]}";
            var folder = _script.PathOf(chain == images ? "images" : "streams");
            var (code, _, errors) = await _script.RunAsync(
                "bash",
                ["-c", $"set -eo pipefail; mkdir {folder}; cd {folder}; {open} | tar xf -; {join} > ../joined"]
            );
            Assert.True(code == 0, errors);
            Assert.Equal(image, File.ReadAllBytes(_script.PathOf("joined")));
        }
    }

    [Theory]
    [InlineData("AGE-SECRET-KEY-1")]
    [InlineData("Base64")]
    [InlineData("hexadecimal")]
    [InlineData("HEXADECIMAL")]
    public async Task Every_key_format_of_Holdfast_is_accepted(string form)
    {
        var identity = AgeIdentity.Generate();
        var hex = Convert.ToHexStringLower(Convert.FromBase64String(identity.ToBase64()));
        var chain = new Chain(BackupType.Backup, AgeProtection.ToRecipients([identity.Recipient]), AgeKeys.None.Add(identity));
        var stream = new byte[50_000];
        new Random(4).NextBytes(stream);
        await chain.AddStreamAsync(stream);
        _script.Write(chain, "full-backup", isEncrypted: true);
        var line = form switch
        {
            "Base64" => identity.ToBase64(),
            "hexadecimal" => hex,
            "HEXADECIMAL" => hex.ToUpperInvariant(),
            _ => identity.ToSecretKey(),
        };
        await File.WriteAllTextAsync(
            _script.PathOf("own"),
            $"# key of the database\r\n\r\n {line} \r\n",
            TestContext.Current.CancellationToken
        );
        var other = _script.WriteKey("other", AgeIdentity.Generate());
        await _script.RestoreAsync("-i", other, "-i", _script.PathOf("own"), _script.ChainFolder, _script.PathOf("out"));
        Assert.Equal(stream, _script.Output("out", "dump.sql"));
    }

    [Fact]
    public async Task An_index_without_its_archive_is_reported_when_the_newest_point_is_requested()
    {
        var (chain, points) = await RestoreScript.ImagesAsync(3);
        _script.Write(chain, "snapshot");
        File.Delete(_script.Archives[2]);
        var (code, _, errors) = await _script.RunAsync("python3", [RestoreScript.ScriptPath, _script.ChainFolder, _script.PathOf("out")]);
        Assert.True(code == 0, errors);
        Assert.Equal(points[1], _script.Output("out", "database.sqlite"));
        Assert.Contains("12-00-00.incremental-backup.index' is there without its archive", errors, StringComparison.Ordinal);
        (_, _, errors) = await _script.RunAsync("python3", [RestoreScript.ScriptPath, _script.Archives[0], _script.PathOf("first")]);
        Assert.DoesNotContain("without its archive", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passphrase_in_a_key_file_is_not_prompted_for()
    {
        var chain = new Chain(BackupType.Backup, AgeProtection.WithPassphrase("schöne Grüße"), AgeKeys.None.AddPassphrase("schöne Grüße"));
        await chain.AddStreamAsync("hello"u8.ToArray());
        _script.Write(chain, "full-backup", isEncrypted: true);
        await File.WriteAllTextAsync(_script.PathOf("own"), "passphrase: schöne Grüße\n", TestContext.Current.CancellationToken);
        await _script.RestoreAsync("-i", _script.PathOf("own"), _script.ChainFolder, _script.PathOf("out"));
        Assert.Equal("hello"u8, _script.Output("out", "dump.sql"));
    }

    [Theory]
    [InlineData("--key-from-base64", false)]
    [InlineData("--show-key", true)]
    public async Task A_key_is_printed_in_the_format_of_age(string option, bool isHex)
    {
        var identity = AgeIdentity.Generate();
        var text = isHex ? Convert.ToHexStringLower(Convert.FromBase64String(identity.ToBase64())) : identity.ToBase64();
        var (code, output, _) = await _script.RunAsync("python3", [RestoreScript.ScriptPath, option], text + "\n");
        Assert.Equal((0, identity.ToSecretKey()), (code, output.Trim()));
        (code, _, var errors) = await _script.RunAsync("python3", [RestoreScript.ScriptPath, "--key-from-base64"], "abc\n");
        Assert.Equal(1, code);
        Assert.Contains("not a key", errors);
    }

    private async Task ComesBackAsync(List<byte[]> points, string item, string[] key)
    {
        foreach (var point in new SortedSet<int> { 0, points.Count / 2, points.Count - 1 })
        {
            // The newest point by its chain folder, the others by their files.
            var isNewest = point == points.Count - 1;
            await _script.RestoreAsync([.. key, isNewest ? _script.ChainFolder : _script.Archives[point], _script.PathOf($"{point}")]);
            Assert.Equal(points[point], _script.Output($"{point}", item));
        }
    }
}
