using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>
/// Archives of every format version can be restored forever. The files of a version are never changed; a new version gets a folder of its
/// own (written by this test with HOLDFAST_WRITE_GOLDEN=1 if missing).
/// </summary>
public sealed class GoldenTests
{
    private const int Points = 3;
    private const int PageSize = 4096;
    private const string Passphrase = "golden passphrase";

    [Theory]
    [InlineData("v1", "plain", BackupType.Snapshot)]
    [InlineData("v1", "plain", BackupType.Backup)]
    [InlineData("v1", "recipient", BackupType.Snapshot)]
    [InlineData("v1", "recipient", BackupType.Backup)]
    [InlineData("v1", "passphrase", BackupType.Backup)]
    public async Task Archives_of_every_version_of_the_format_are_restored(string version, string protection, BackupType type)
    {
        var folder = Path.Combine(Folder(), version);
        var keys = KeyFile.Read(Path.Combine(folder, protection == "passphrase" ? "test-passphrase.txt" : "test-key.txt"));
        var stem = Path.Combine(folder, $"{protection}-{(type == BackupType.Snapshot ? "image" : "stream")}");
        if (Environment.GetEnvironmentVariable("HOLDFAST_WRITE_GOLDEN") == "1" && !File.Exists($"{stem}.sha256"))
        {
            await WriteAsync(stem, protection, type, keys);
        }
        var chain = new Chain(type, null, keys);
        var expected = await File.ReadAllLinesAsync($"{stem}.sha256", TestContext.Current.CancellationToken);
        for (var point = 0; point < Points; point++)
        {
            chain.Archives.Add(
                await File.ReadAllBytesAsync(
                    $"{stem}-{point}.tar.zst{(protection == "plain" ? "" : ".age")}",
                    TestContext.Current.CancellationToken
                )
            );
            chain.Indexes.Add(await File.ReadAllBytesAsync($"{stem}-{point}.index", TestContext.Current.CancellationToken));
            chain.Ids.Add($"{point + 1:x32}");
            await chain.VerifyAsync(point);
            Assert.Equal(
                expected[point],
                Convert.ToHexStringLower(
                    SHA256.HashData(type == BackupType.Snapshot ? await chain.ReadImageAsync(point) : await chain.ReadStreamAsync(point))
                )
            );
        }

        // An incremental can still build on them, and finds unchanged parts in their indexes.
        var content = type == BackupType.Snapshot ? await chain.ReadImageAsync(Points - 1) : await chain.ReadStreamAsync(Points - 1);
        Assert.True((await chain.AddAsync(type, content, PageSize)).IsUnchanged);
    }

    private static async Task WriteAsync(string stem, string protection, BackupType type, AgeKeys keys)
    {
        var chain = new Chain(
            type,
            protection switch
            {
                "plain" => null,
                "recipient" => AgeProtection.ToRecipients([keys.Identities[0].Recipient]),
                _ => AgeProtection.WithPassphrase(Passphrase) with { WorkFactor = 12 },
            },
            keys
        );
        var content = type == BackupType.Snapshot ? Image() : Script();
        var hashes = new List<string>();
        for (var point = 0; point < Points; point++)
        {
            await chain.AddAsync(type, content, PageSize);
            hashes.Add(Convert.ToHexStringLower(SHA256.HashData(content)));
            await File.WriteAllBytesAsync(
                $"{stem}-{point}.tar.zst{(protection == "plain" ? "" : ".age")}",
                chain.Archives[point],
                TestContext.Current.CancellationToken
            );
            await File.WriteAllBytesAsync($"{stem}-{point}.index", chain.Indexes[point], TestContext.Current.CancellationToken);
            if (type == BackupType.Snapshot)
            {
                // One page changes; then the image grows by two.
                content[(3 * PageSize) + 7]++;
                if (point == 1)
                {
                    content = [.. content, .. content[..(2 * PageSize)]];
                }
            }
            else
            {
                content = [.. content, .. Encoding.UTF8.GetBytes($"INSERT INTO t VALUES('added at point {point}');\n")];
            }
        }

        await File.WriteAllLinesAsync($"{stem}.sha256", hashes, TestContext.Current.CancellationToken);
    }

    private static byte[] Image()
    {
        var image = new byte[20 * PageSize];
        new Random(1).NextBytes(image.AsSpan(0, 2 * PageSize));
        for (var i = 2 * PageSize; i < image.Length; i++)
        {
            image[i] = (byte)(i / 100);
        }
        return image;
    }

    // Long enough for several parts.
    private static byte[] Script() =>
        Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, 8000).Select(i => $"INSERT INTO t VALUES({i},'row {i * 7919 % 1000}');\n"))
        );

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "Golden");
}
