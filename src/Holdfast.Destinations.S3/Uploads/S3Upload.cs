using System.Numerics;
using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.S3.Requests;

namespace Holdfast.Destinations.S3.Uploads;

/// <summary>
/// A file that is being written. Until it is longer than a part, it is kept in memory and costs no request; then it is uploaded in parts,
/// several at once, as far as <see cref="PartMemory"/> allows it.
/// </summary>
internal sealed class S3Upload : IUpload
{
    // Besides the part that is being filled. Large parts are those of files that are expected to be larger than 70 GiB.
    private const int MaxPartsInFlight = 3;
    private const long MaxBytesInFlight = 128L << 20;

    // What is held is counted in steps that double; the first one of most databases, which are small, is not worth it.
    private const long UncountedBytes = 64 << 10;
    private const long FirstStep = 256 << 10;

    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(10);

    private readonly S3Bucket _bucket;
    private readonly string _key;
    private readonly string? _storageClass;
    private readonly PartPlan _plan;
    private readonly Action _release;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task<S3Part>> _parts = [];
    private SegmentBuffer _current = new();
    private IncrementalHash _md5 = ETag.CreateHash();
    private PartShare _share = new(); // of the current part
    private string? _uploadId;
    private bool _isDone;

    /// <summary>Starts an upload without a request.</summary>
    /// <param name="bucket">Sends the requests.</param>
    /// <param name="path">Path at the destination.</param>
    /// <param name="key">Key of the object.</param>
    /// <param name="storageClass">Its storage class; null for the bucket's default.</param>
    /// <param name="plan">Lengths of its parts.</param>
    /// <param name="release">Releases the path in this process; called once.</param>
    public S3Upload(S3Bucket bucket, string path, string key, string? storageClass, PartPlan plan, Action release)
    {
        (_bucket, Path, _key, _storageClass, _plan, _release) = (bucket, path, key, storageClass, plan, release);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>Whether the claim of a name is created only if the name is free.</summary>
    public required bool OnlyIfFree { get; init; }

    /// <summary>
    /// Whether the store is asked for the length of a file that it has stored by one request, because its answer to that proves nothing.
    /// </summary>
    public bool AsksForLength { get; init; }

    /// <summary>
    /// Whether its memory is taken beyond the limit rather than waited for: an archive that is complete is held until its index is.
    /// </summary>
    public bool NeverWaits { get; init; }

    /// <summary>Whether the store checks conditions of uploads in parts.</summary>
    public required bool ConditionalComplete { get; init; }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var length = _plan.LengthOf(Path, _parts.Count + 1);
            if (_current.Length == length)
            {
                await SendPartAsync(cancellationToken); // now it is known that it is not the last
                continue;
            }
            var taken = (int)Math.Min(bytes.Length, length - _current.Length);
            await ReserveAsync(_current.Length + taken, length, cancellationToken);
            _current.Append(bytes.Span[..taken]);
            _md5.AppendData(bytes.Span[..taken]);
            bytes = bytes[taken..];
        }
    }

    /// <summary>Publishes the file.</summary>
    public async Task<PublishedFile> PublishAsync(CancellationToken cancellationToken)
    {
        var file = _uploadId is null ? await PutAsync(cancellationToken) : await CompleteAsync(cancellationToken);
        _isDone = true;
        Close();
        return file;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDone)
        {
            return;
        }
        _isDone = true;
        await _stop.CancelAsync();
        await ((Task)Task.WhenAll(_parts)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // each reacts to the token
        if (_uploadId is { } id)
        {
            using var late = new CancellationTokenSource(AbortTimeout);
            try
            {
                await _bucket.Uploads.AbortAsync(_key, id, late.Token);
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested)
            {
                // An unfinished upload can be listed and removed by its age.
            }
            catch (HoldfastException)
            {
                // The same.
            }
        }
        Close();
    }

    private void Close()
    {
        _current.Dispose();
        _bucket.PartMemory.Release(_share);
        _md5.Dispose();
        _stop.Dispose();
        _release();
    }

    private async ValueTask ReserveAsync(long needed, long partLength, CancellationToken cancellationToken)
    {
        if (needed <= Math.Max(UncountedBytes, _share.Bytes))
        {
            return;
        }
        var steps = Math.Max(FirstStep, (long)BitOperations.RoundUpToPowerOf2((ulong)needed));
        var more = Math.Min(partLength, steps) - _share.Bytes;
        if (NeverWaits)
        {
            _bucket.PartMemory.Take(_share, more);
        }
        else
        {
            await _bucket.PartMemory.TakeAsync(_share, more, cancellationToken);
        }
    }

    private async Task ThrowIfFailedAsync()
    {
        foreach (var part in _parts.Where(p => p.IsFaulted))
        {
            await part; // throws its failure
        }
    }

    private async Task SendPartAsync(CancellationToken cancellationToken)
    {
        _uploadId ??= await _bucket.Uploads.StartAsync(_key, _storageClass, cancellationToken);
        var running = _parts.Where(p => !p.IsCompleted).ToList();
        if (running.Count >= Math.Clamp(MaxBytesInFlight / _current.Length, 1, MaxPartsInFlight))
        {
            await Task.WhenAny(running).WaitAsync(cancellationToken);
        }
        await ThrowIfFailedAsync();
        var part = (_current, _md5, _share);
        (_current, _md5, _share) = (new(), ETag.CreateHash(), new());
        _parts.Add(PutPartAsync(_uploadId, _parts.Count + 1, part));
    }

    private async Task<S3Part> PutPartAsync(string uploadId, int number, (SegmentBuffer Content, IncrementalHash Md5, PartShare Share) part)
    {
        try
        {
            return await _bucket.Uploads.PutPartAsync(_key, uploadId, number, part.Content, part.Md5.GetHashAndReset(), _stop.Token);
        }
        finally
        {
            part.Content.Dispose();
            part.Md5.Dispose();
            _bucket.PartMemory.Release(part.Share);
        }
    }

    private async Task<PublishedFile> PutAsync(CancellationToken cancellationToken)
    {
        var md5 = _md5.GetHashAndReset();
        S3Failure? unknown = null; // an earlier attempt that may have stored the file
        return await _bucket.RetryAsync(
            $"uploading '{Path}'",
            async token =>
            {
                try
                {
                    var etag = await _bucket.Objects.PutOnceAsync(_key, _current, md5, OnlyIfFree, _storageClass, token);
                    if (AsksForLength)
                    {
                        await ProveLengthAsync(token);
                    }
                    return new(Path, _current.Length, etag);
                }
                catch (S3Failure e) when (e.Error == ErrorCatalog.TargetExists)
                {
                    return unknown is not null && await FindOwnAsync(md5, token) is { } own ? own
                        : unknown?.Error == ErrorCatalog.DestinationUnverified ? throw unknown.ToError(_bucket.Name, $"uploading '{Path}'")
                        : throw Taken(e);
                }
                catch (S3Failure e)
                {
                    unknown = e.IsUnknownOutcome ? e : unknown;
                    throw;
                }
            },
            cancellationToken
        );
    }

    private async Task ProveLengthAsync(CancellationToken cancellationToken)
    {
        var stored = await _bucket.Objects.FindAsync(_key, cancellationToken);
        if (stored?.Length != _current.Length)
        {
            throw S3Failure.Unverified(
                stored is null
                    ? "the store answered that it is stored, but has no such object"
                    : $"the object has {stored.Length} bytes; {_current.Length} were sent"
            );
        }
    }

    // The file, if the object at its key has exactly our content.
    private Task<PublishedFile?> FindOwnAsync(byte[] md5, CancellationToken cancellationToken) =>
        _bucket.Objects.ReadAsync<PublishedFile>(
            _key,
            0,
            _current.Length + 1,
            async (range, token) =>
            {
                if (range.TotalLength != _current.Length)
                {
                    return null;
                }
                var stored = await ETag.HashAsync(range.Content, token);
                return stored.AsSpan().SequenceEqual(md5) ? new(Path, _current.Length, range.ETag) : null;
            },
            cancellationToken
        );

    private async Task<PublishedFile> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_current.Length > 0)
        {
            await SendPartAsync(cancellationToken);
        }
        var parts = await Task.WhenAll(_parts).WaitAsync(cancellationToken);
        var length = parts.Sum(p => p.Length);
        if (!ConditionalComplete && await _bucket.Objects.FindAsync(_key, cancellationToken) is not null)
        {
            throw Taken(null);
        }
        return await Completion.RunAsync(_bucket, new(Path, _key, _uploadId!, parts, length, ConditionalComplete), cancellationToken);
    }

    private HoldfastException Taken(Exception? cause) =>
        new(
            ErrorCatalog.TargetExists,
            $"'{_bucket.Name}/{Path}' already exists.",
            "Another backup of the same database is under way, or was made in the same second.",
            cause
        );
}
