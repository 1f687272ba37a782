using Holdfast.Archive.Age;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Reads archives that may be damaged, and returns the result.</summary>
internal static class Damage
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    /// <summary>The valid errors for bytes that differ from what was written.</summary>
    public static readonly Error[] ValidErrors =
    [
        ErrorCatalog.Corrupt,
        ErrorCatalog.Truncated,
        ErrorCatalog.Refused,
        ErrorCatalog.KeyWrong,
    ];

    /// <summary>Returns the flips to try: every bit of every byte and every byte inverted, or a sample of them.</summary>
    public static IEnumerable<(int At, byte Mask)> Flips(int length, int sample, int seed)
    {
        if (Soak.IsOn)
        {
            return Enumerable
                .Range(0, length)
                .SelectMany(at => Enumerable.Range(0, 9).Select(b => (at, b == 8 ? (byte)0xFF : (byte)(1 << b))));
        }
        var random = new Random(seed);
        return Enumerable.Range(0, sample).Select(i => (random.Next(length), i % 4 == 0 ? (byte)0xFF : (byte)(1 << random.Next(8))));
    }

    /// <summary>Returns the lengths to truncate to.</summary>
    public static IEnumerable<int> Cuts(int length, int sample, int seed)
    {
        if (Soak.IsOn)
        {
            return Enumerable.Range(0, length);
        }
        var random = new Random(seed);
        return Enumerable
            .Range(0, sample)
            .Select(i =>
                i < 40 ? i
                : i < 80 ? length - (i - 39)
                : random.Next(length)
            );
    }

    /// <summary>Flips bits of one byte.</summary>
    public static byte[] Flip(byte[] bytes, int at, byte mask)
    {
        var copy = (byte[])bytes.Clone();
        copy[at] ^= mask;
        return copy;
    }

    /// <summary>Opens and verifies an archive: null if it is intact.</summary>
    public static Task<HoldfastException?> VerifyAsync(byte[] archive, AgeKeys keys) =>
        FaultOfAsync(async token =>
        {
            await using var reader = await ArchiveReader.OpenAsync(new MemorySource(archive), keys, token);
            await ArchiveVerifier.VerifyAsync(reader, 2, null, token);
        });

    /// <summary>Verifies a chain, full archive first, as the product does: null if it is intact.</summary>
    public static Task<HoldfastException?> VerifyChainAsync(IReadOnlyList<byte[]> archives, AgeKeys keys) =>
        FaultOfAsync(async token =>
        {
            var rules = new ChainValidator();
            foreach (var (i, archive) in archives.Index())
            {
                await using var reader = await ArchiveReader.OpenAsync(new MemorySource(archive, $"archive {i}"), keys, token);
                await ArchiveVerifier.VerifyAsync(reader, 2, null, token);
                rules.Add(reader);
                await rules.CheckPagesAsync(reader, token);
            }
        });

    /// <summary>Opens the archives, the last of which is the point, and reads its one item to the end.</summary>
    public static async Task<(HoldfastException? Failure, byte[] Content)> ReadAsync(IReadOnlyList<byte[]> archives, AgeKeys keys)
    {
        var content = Array.Empty<byte>();
        var failure = await FaultOfAsync(async token =>
        {
            var readers = new List<ArchiveReader>();
            foreach (var (i, archive) in archives.Index())
            {
                readers.Add(await ArchiveReader.OpenAsync(new MemorySource(archive, $"archive {i}"), keys, token));
            }
            await using var chain = ChainReader.Join(readers[^1], readers, 2);
            foreach (var item in chain.Items)
            {
                content = await ContentAsync(chain, item, token);
            }
        });
        return (failure, content);
    }

    /// <summary>
    /// Returns the failure of <paramref name="work"/>; null if it succeeds. An unexpected exception or a hang fails the test.
    /// </summary>
    public static async Task<HoldfastException?> FaultOfAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(TestContext.Current.CancellationToken).WaitAsync(Hang, TestContext.Current.CancellationToken);
            return null;
        }
        catch (HoldfastException e)
        {
            return e;
        }
    }

    private static async Task<byte[]> ContentAsync(ChainReader chain, ItemInfo item, CancellationToken cancellationToken)
    {
        if (item.Kind == ItemKind.Image)
        {
            var image = new MemoryImage(item.PageSize, []);
            await chain.CopyImageAsync(item.Name, image, cancellationToken);
            return image.Bytes;
        }

        using var bytes = new MemoryStream();
        await chain.CopyStreamAsync(item.Name, (part, t) => bytes.WriteAsync(part, t), cancellationToken);
        return bytes.ToArray();
    }
}
