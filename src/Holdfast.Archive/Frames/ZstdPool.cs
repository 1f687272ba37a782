using System.Collections.Concurrent;
using ZstdNet;

namespace Holdfast.Archive.Frames;

/// <summary>Compresses and decompresses single zstd frames (RFC 8878). Thread-safe; native contexts are pooled.</summary>
internal static class ZstdPool
{
    private const int FastestLevel = -7;
    private const int SampleBytes = 16 * 1024;

    private static readonly ConcurrentDictionary<int, ConcurrentBag<Compressor>> Compressors = new();
    private static readonly ConcurrentBag<Decompressor> Decompressors = [];

    // With a window of 1 MiB every frame is a single segment, whose header has no bits that a decoder ignores.
    private static readonly IReadOnlyDictionary<ZSTD_cParameter, int> Parameters = new Dictionary<ZSTD_cParameter, int>
    {
        [ZSTD_cParameter.ZSTD_c_checksumFlag] = 1,
        [ZSTD_cParameter.ZSTD_c_windowLog] = 20,
    };

    /// <summary>Returns the maximum compressed size of <paramref name="length"/> bytes (zstd's own bound).</summary>
    public static int Bound(int length) => length + (length >> 8) + 128;

    /// <summary>
    /// Compresses <paramref name="data"/> into one frame with a content checksum; data that does not compress uses the fastest level.
    /// </summary>
    /// <returns>Bytes written to <paramref name="frame"/>.</returns>
    public static int Compress(ReadOnlySpan<byte> data, Span<byte> frame, int level, bool incompressible) =>
        CompressAt(incompressible || LooksIncompressible(data, frame, level) ? FastestLevel : level, data, frame);

    /// <summary>Decompresses one frame; its content must fill <paramref name="data"/> exactly.</summary>
    /// <exception cref="ZstdException">The frame is damaged.</exception>
    public static int Decompress(ReadOnlySpan<byte> frame, Span<byte> data)
    {
        if (!Decompressors.TryTake(out var decompressor))
        {
            decompressor = new Decompressor();
        }
        var written = decompressor.Unwrap(frame, data, bufferSizePrecheck: false);
        Decompressors.Add(decompressor); // not pooled if it threw
        return written;
    }

    // A sample of 16 KiB from the middle detects ciphertext, images and other data that does not compress.
    private static bool LooksIncompressible(ReadOnlySpan<byte> data, Span<byte> scratch, int level) =>
        data.Length > 8 * SampleBytes && CompressAt(level, data.Slice(data.Length / 2, SampleBytes), scratch) > SampleBytes * 98 / 100;

    private static int CompressAt(int level, ReadOnlySpan<byte> data, Span<byte> frame)
    {
        var pool = Compressors.GetOrAdd(level, static _ => []);
        if (!pool.TryTake(out var compressor))
        {
            compressor = new Compressor(new CompressionOptions(null, Parameters, level));
        }
        var written = compressor.Wrap(data, frame);
        pool.Add(compressor);
        return written;
    }
}
