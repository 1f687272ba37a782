using CsCheck;
using Holdfast.Archive.Age;
using Holdfast.Archive.Age.Payload;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>Random and concurrent access to the plaintext.</summary>
public sealed class AgeReaderTests
{
    private readonly AgeIdentity _identity = AgeIdentity.Generate();

    private AgeKeys Keys => AgeKeys.None.Add(_identity);

    private AgeProtection Protection => AgeProtection.ToRecipients([_identity.Recipient]);

    [Theory]
    [InlineData(300_000)]
    [InlineData(4 * 65536)]
    [InlineData(3_000_000)]
    public async Task Any_range_is_read_as_written(int size)
    {
        var plaintext = AgeFiles.Plaintext(size);
        await using var reader = await AgeFiles.OpenAsync(await AgeFiles.SealAsync(Protection, plaintext), Keys);
        Assert.Equal(size, reader.Length);
        var edge = Gen.Int[0, size / 65536].Select(Gen.Int[-2, 2], (chunk, by) => Math.Clamp((chunk * 65536) + by, 0, size));
        var point = Gen.OneOf(Gen.Int[0, size], edge);
        await point
            .Select(point)
            .SampleAsync(
                async (a, b) =>
                {
                    var buffer = new byte[Math.Abs(a - b)];
                    await reader.ReadAsync(Math.Min(a, b), buffer, AgeFiles.Stop);
                    return buffer.AsSpan().SequenceEqual(plaintext.AsSpan(Math.Min(a, b), buffer.Length));
                },
                iter: 300,
                threads: 4
            );
    }

    [Fact]
    public async Task Writes_of_any_size_make_the_same_file()
    {
        await Gen.Int[0, 2_500_000]
            .Select(Gen.Int[1, 300_000])
            .SampleAsync(
                async (size, writeSize) =>
                {
                    var plaintext = AgeFiles.Plaintext(size);
                    var read = await AgeFiles.ReadAllAsync(await AgeFiles.SealAsync(Protection, plaintext, writeSize), Keys);
                    return read.AsSpan().SequenceEqual(plaintext);
                },
                iter: 30
            );
    }

    [Fact]
    public async Task Reading_past_the_end_is_an_error()
    {
        await using var reader = await AgeFiles.OpenAsync(await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(100)), Keys);
        foreach (var (offset, length) in ((long, int)[])[(100, 1), (0, 101), (-1, 1), (long.MaxValue, 1)])
        {
            Assert.Equal(
                ErrorCatalog.Truncated,
                (
                    await Assert.ThrowsAsync<HoldfastException>(async () => await reader.ReadAsync(offset, new byte[length], AgeFiles.Stop))
                ).Error
            );
        }
        await reader.ReadAsync(100, Memory<byte>.Empty, AgeFiles.Stop);
    }

    [Fact]
    public async Task A_large_read_needs_few_reads_of_the_file_and_a_repeated_one_none()
    {
        var source = new MemorySource(await AgeFiles.SealAsync(Protection, AgeFiles.Plaintext(5_000_000)));
        await using var reader = await AgeReader.OpenAsync(source, Keys, null, AgeFiles.Stop);
        Assert.Equal(2, source.Reads); // the header and the last chunk
        var before = source.Reads;
        await reader.ReadAsync(12345, new byte[1 << 20], AgeFiles.Stop);
        Assert.Equal(1, source.Reads - before);
        await reader.ReadAsync(12345 + (1 << 20), new byte[100], AgeFiles.Stop);
        Assert.Equal(1, source.Reads - before);
    }

    [Fact]
    public async Task An_exception_of_the_output_reaches_the_writer_and_ends_the_work()
    {
        await using var sealer = new AgeSealer(Protection, (_, _) => throw new IOException("full"), 2, AgeFiles.Stop);
        var megabyte = new byte[1 << 20];
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await sealer.WriteAsync(megabyte, AgeFiles.Stop);
            }
            await sealer.CompleteAsync();
        });
    }

    [Fact]
    public async Task A_small_file_is_written_in_one_call()
    {
        var calls = 0;
        await using var sealer = new AgeSealer(
            Protection,
            (bytes, _) =>
            {
                calls++;
                Assert.Equal(2048 + 16 + 5000 + 16, bytes.Length);
                return default;
            },
            2,
            AgeFiles.Stop
        );
        await sealer.WriteAsync(new byte[5000], AgeFiles.Stop);
        await sealer.CompleteAsync();
        Assert.Equal(1, calls);
    }
}
