using Holdfast.Archive.Age;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>What looks at a stream while its archive is verified.</summary>
public sealed class StreamCheckTests
{
    private readonly byte[] _stream = new byte[3_000_000];

    public StreamCheckTests() => new Random(1).NextBytes(_stream);

    [Fact]
    public async Task It_is_given_the_stream_from_its_begin_to_its_end()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(_stream);
        var seen = new Seen(long.MaxValue);
        await VerifyAsync(chain.Archives[0], seen);
        Assert.True(seen.Bytes.ToArray().AsSpan().SequenceEqual(_stream));
        Assert.True(seen.IsEnded);
    }

    [Fact]
    public async Task What_it_refuses_is_told()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(_stream);
        foreach (var at in (long[])[0, 1_500_000, _stream.Length])
        {
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => VerifyAsync(chain.Archives[0], new Seen(at)));
            Assert.Equal((ErrorCatalogue.Refused, "No stream of ours."), (failure.Error, failure.Message));
        }
    }

    [Fact]
    public async Task It_is_not_asked_of_streams_that_lie_in_several_archives_nor_of_images()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(_stream);
        _stream[2_900_000] ^= 1;
        await chain.AddStreamAsync(_stream);
        await VerifyAsync(chain.Archives[1], new Seen(0));
        var images = new Chain(BackupType.Snapshot);
        await images.AddImageAsync(_stream[..(100 * 4096)], 4096);
        await VerifyAsync(images.Archives[0], new Seen(0));
    }

    private static async Task VerifyAsync(byte[] bytes, Seen seen)
    {
        var token = TestContext.Current.CancellationToken;
        await using var archive = await ArchiveReader.OpenAsync(new MemorySource(bytes), AgeKeys.None, token);
        await ArchiveVerifier.VerifyAsync(archive, 2, item => item.Kind == ItemKind.Stream || item.Length > 0 ? seen : null, token);
    }

    // Refuses what goes beyond so many bytes; at the whole length the end.
    private sealed class Seen(long most) : IStreamCheck
    {
        public MemoryStream Bytes { get; } = new();

        public bool IsEnded { get; private set; }

        public void Take(ReadOnlySpan<byte> bytes)
        {
            Bytes.Write(bytes);
            if (Bytes.Length > most) throw Refused();
        }

        public void End()
        {
            IsEnded = true;
            if (Bytes.Length >= most) throw Refused();
        }

        private static HoldfastException Refused() => new(ErrorCatalogue.Refused, "No stream of ours.");
    }
}
