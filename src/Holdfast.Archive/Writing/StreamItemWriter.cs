using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;
using Holdfast.Archive.Reading;

namespace Holdfast.Archive.Writing;

/// <summary>
/// Writes one stream as numbered parts: all parts in a full archive, otherwise the parts that the chain does not contain.
/// </summary>
internal sealed class StreamItemWriter(
    string name,
    int mean,
    TarWriter tar,
    IndexWriter index,
    Tagger tagger,
    ChainIndex? chain,
    Func<string, int> archiveNumber
)
{
    private const int MaxBytesInFlight = 64 << 20;

    private readonly GearChunker _chunker = new(mean);
    private readonly List<ManifestPart> _parts = [];
    private long _length;
    private long _referencedBytes; // bytes that are referenced but not stored; readers refuse a stream that repeats its parts too often

    private sealed record Hashed(PooledBuffer Bytes, byte[] Digest, byte[] Tag);

    public async Task<ManifestItem> WriteAsync(
        int workers,
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
        var storing = Task.Run(() => StoreAsync(pipe.Reader, workers, stop), CancellationToken.None);
        Exception? failure = null;
        try
        {
            await produce(pipe.Writer, stop.Token);
        }
        catch (Exception e)
        {
            failure = e; // thrown below, unless it is a consequence of a failure of the next stage
        }

        await pipe.Writer.CompleteAsync(failure);
        await storing;
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
        return new ManifestItem
        {
            Name = name,
            Kind = ItemKind.Stream,
            Length = _length,
            Parts = _parts,
        };
    }

    private async Task StoreAsync(PipeReader input, int workers, CancellationTokenSource stop)
    {
        try
        {
            await using var hashing = new OrderedWorkers<PooledBuffer, Hashed>(
                Math.Clamp(MaxBytesInFlight / _chunker.Max, 1, workers + 1),
                Hash,
                AddAsync,
                stop.Token
            );
            PooledBuffer? part = null;
            ReadResult read;
            do
            {
                read = await input.ReadAsync(stop.Token);
                foreach (var segment in read.Buffer)
                {
                    for (var rest = segment; !rest.IsEmpty; )
                    {
                        part ??= new PooledBuffer(_chunker.Max);
                        var (taken, ends) = _chunker.Consume(rest.Span);
                        rest.Span[..taken].CopyTo(part.Free);
                        part.Length += taken;
                        rest = rest[taken..];
                        if (!ends)
                        {
                            continue;
                        }
                        await hashing.AddAsync(part);
                        part = null;
                    }
                }

                input.AdvanceTo(read.Buffer.End);
            } while (!read.IsCompleted);
            if (part is not null)
            {
                await hashing.AddAsync(part);
            }
            await hashing.CompleteAsync();
            await input.CompleteAsync();
        }
        catch (Exception e)
        {
            await input.CompleteAsync(e);
            await stop.CancelAsync(); // stops the producer
            throw;
        }
    }

    private Hashed Hash(PooledBuffer bytes)
    {
        var hashed = new Hashed(bytes, SHA256.HashData(bytes.Span), new byte[Tagger.TagBytes]);
        tagger.ComputeTags(hashed.Digest, hashed.Tag);
        return hashed;
    }

    private async ValueTask AddAsync(Hashed part, CancellationToken cancellationToken)
    {
        using var bytes = part.Bytes;
        _length += bytes.Length;
        var sha256 = Convert.ToBase64String(part.Digest);
        if (
            chain?.FindPart(part.Tag) is { } known
            && known.Length == bytes.Length
            && _referencedBytes + bytes.Length <= ChainValidator.MaxRepetition * chain.KnownBytes
        )
        {
            _referencedBytes += bytes.Length;
            _parts.Add(new(bytes.Length, sha256, archiveNumber(known.Archive), known.Offset));
            return;
        }

        var offset = await tar.AddAsync(string.Create(CultureInfo.InvariantCulture, $"{name}.{_parts.Count + 1:D6}"), bytes.Memory);
        _parts.Add(new(bytes.Length, sha256, 0, offset));
        await index.AddPartAsync(part.Tag, bytes.Length, offset, cancellationToken);
    }
}
