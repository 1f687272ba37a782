using System.IO.Pipelines;
using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Writing;

/// <summary>
/// Reads items like an incremental, but only compares them with what was read before, and stores nothing. Uses one core, and no
/// destination.
/// </summary>
/// <param name="partMean">Mean part size of the streams before, in bytes.</param>
public sealed class ContentComparison(int partMean) : IItemSink
{
    private const int RunBytes = 1 << 20;

    private readonly List<ManifestItem> _items = [];

    /// <summary>Whether all items match the newest archive of a chain.</summary>
    public bool Matches(ChainIndex chain)
    {
        using var tagger = new Tagger(Convert.FromBase64String(chain.Newest.ChainKey));
        return chain.ContentTag.AsSpan().SequenceEqual(ContentTags.Compute(_items, tagger));
    }

    /// <summary>Computes the digest of the items.</summary>
    /// <param name="changeToken">The database's change token.</param>
    /// <param name="key">The node's <see cref="ContentKey"/>.</param>
    public ContentDigest ComputeContentDigest(string changeToken, byte[] key) =>
        ContentTags.ComputeContentDigest(_items, changeToken, partMean, key);

    /// <inheritdoc/>
    public Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var run = new byte[RunBytes / image.PageSize * image.PageSize];
                var digests = new byte[run.Length / image.PageSize * PageHash.DigestBytes];
                for (long page = 0; page < image.PageCount; page += run.Length / image.PageSize)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var count = (int)Math.Min(run.Length / image.PageSize, image.PageCount - page);
                    var pages = run.AsSpan(0, count * image.PageSize);
                    image.Read(page, pages);
                    PageHash.ComputeDigests(pages, image.PageSize, digests.AsSpan(0, count * PageHash.DigestBytes));
                    hash.AppendData(digests.AsSpan(0, count * PageHash.DigestBytes));
                }

                _items.Add(
                    new()
                    {
                        Name = name,
                        Kind = ItemKind.Image,
                        Length = image.PageCount * image.PageSize,
                        PageSize = image.PageSize,
                        Sha256 = Convert.ToBase64String(hash.GetHashAndReset()),
                        Parts = [],
                    }
                );
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public async Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    )
    {
        var pipe = new Pipe(
            new PipeOptions(
                pauseWriterThreshold: 4 << 20,
                resumeWriterThreshold: 2 << 20,
                minimumSegmentSize: 64 << 10,
                useSynchronizationContext: false
            )
        );
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var hashing = Task.Run(() => HashAsync(name, pipe.Reader, stop.Token), CancellationToken.None);
        Exception? failure = null;
        try
        {
            await produce(pipe.Writer, stop.Token);
        }
        catch (Exception e)
        {
            failure = e; // thrown below, once the reader has ended too
        }

        await pipe.Writer.CompleteAsync(failure);
        try
        {
            _items.Add(await hashing);
        }
        catch (Exception) when (failure is not null)
        {
            // A consequence of the producer's failure.
        }

        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    private async Task<ManifestItem> HashAsync(string name, PipeReader input, CancellationToken cancellationToken)
    {
        var cutter = new GearChunker(partMean);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var parts = new List<ManifestPart>();
        long total = 0,
            length = 0;
        ReadResult read;
        do
        {
            read = await input.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                for (var rest = segment; !rest.IsEmpty; )
                {
                    var (taken, ends) = cutter.Consume(rest.Span);
                    hash.AppendData(rest.Span[..taken]);
                    (length, rest) = (length + taken, rest[taken..]);
                    if (ends)
                    {
                        End();
                    }
                }
            }

            input.AdvanceTo(read.Buffer.End);
        } while (!read.IsCompleted);
        if (length > 0)
        {
            End();
        }
        await input.CompleteAsync();
        return new()
        {
            Name = name,
            Kind = ItemKind.Stream,
            Length = total,
            Parts = parts,
        };

        void End()
        {
            parts.Add(new(length, Convert.ToBase64String(hash.GetHashAndReset()), 0, 0));
            (total, length) = (total + length, 0);
        }
    }
}
