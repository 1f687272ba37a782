using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Checks one stream of one point. Its parts are processed in order: those of the point's own archive as a <see cref="TarVerifier"/>
/// reaches them; those of older archives are read if their result is not known yet.
/// </summary>
internal sealed class PointStreamVerifier
{
    private const string EndName = "end";

    private readonly ArchiveReader _archive;
    private readonly ManifestItem _item;
    private readonly VerifiedParts _verified;
    private readonly StreamCheckCache _results;
    private readonly IStreamCheck _check;
    private bool _hasSkippedParts; // parts were skipped: the check resumes at the checkpoint when needed
    private StreamCheckpoint _checkpoint;
    private StreamCheckCache.Key _position;
    private int _next;
    private long _offset; // offset of the next part in the stream
    private bool _isDone;

    public PointStreamVerifier(ArchiveReader archive, ManifestItem item, IStreamCheck check, VerifiedParts parts, StreamCheckCache results)
    {
        (_archive, _item, _verified, _results, _check) = (archive, item, parts, results, check);
        _checkpoint = check.Checkpoint ?? new(0, 0, "");
        _position = StreamCheckCache.Key.Of(_checkpoint);
        results.Begin();
    }

    /// <summary>Why a restore would refuse the stream; null if nothing has been found so far.</summary>
    public HoldfastException? Refusal { get; private set; }

    /// <summary>Processes all parts up to one of the point's own archive.</summary>
    /// <returns>Whether the bytes of that part are needed next.</returns>
    public async ValueTask<bool> AdvanceToPartAsync(int part, CancellationToken cancellationToken)
    {
        while (_next < part && !_isDone)
        {
            await ProcessNextAsync(cancellationToken);
        }
        if (_isDone || _next != part || TrySkip(_item.Parts[part]))
        {
            return false;
        }
        await CatchUpAsync(cancellationToken);
        return !_isDone;
    }

    /// <summary>Processes bytes of the current part.</summary>
    public void Process(ReadOnlySpan<byte> bytes)
    {
        if (_isDone)
        {
            return;
        }
        try
        {
            _check.Process(bytes);
        }
        catch (HoldfastException e)
        {
            (Refusal, _isDone) = (e, true);
        }
    }

    /// <summary>Ends the current part.</summary>
    public void EndPart()
    {
        if (_isDone)
        {
            return;
        }
        var part = _item.Parts[_next];
        var after = _position.Then(part.Sha256);
        if (_check.Checkpoint is not { } checkpoint)
        {
            Apply(after, new(after, null, IsLast: true));
        }
        else if (checkpoint == _checkpoint)
        {
            Apply(after, new(after, null, IsLast: false));
        }
        else
        {
            var inPart = checkpoint.Offset - _offset;
            Apply(
                after,
                new(
                    StreamCheckCache.Key.Of(part.Sha256, inPart, checkpoint),
                    checkpoint with
                    {
                        Offset = inPart,
                        Count = checkpoint.Count - _checkpoint.Count,
                    },
                    IsLast: false
                )
            );
        }

        void Apply(StreamCheckCache.Key from, StreamCheckCache.Result result)
        {
            _results.Add(from, result);
            Skip(part, result);
        }
    }

    /// <summary>Processes the remaining parts.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        while (_next < _item.Parts.Count && !_isDone)
        {
            await ProcessNextAsync(cancellationToken);
        }
        var end = _position.Then(EndName);
        if (!_isDone && _results.Find(end) is null)
        {
            await CatchUpAsync(cancellationToken);
            try
            {
                if (!_isDone)
                {
                    _check.Complete();
                }
                _results.Add(end, new(end, null, IsLast: true));
            }
            catch (HoldfastException e)
            {
                Refusal = e;
            }
        }

        if (Refusal is null)
        {
            _results.Complete();
        }
    }

    private async ValueTask ProcessNextAsync(CancellationToken cancellationToken)
    {
        var part = _item.Parts[_next];
        if (TrySkip(part))
        {
            return;
        }
        await CatchUpAsync(cancellationToken);
        using (var bytes = await ReadAsync(part, cancellationToken))
        {
            Process(bytes.Span);
        }
        EndPart();
    }

    private bool TrySkip(ManifestPart part)
    {
        if (_results.Find(_position.Then(part.Sha256)) is not { } result)
        {
            return false;
        }
        _hasSkippedParts = true;
        Skip(part, result);
        return true;
    }

    private void Skip(ManifestPart part, StreamCheckCache.Result result)
    {
        if (result.Checkpoint is { } checkpoint)
        {
            _checkpoint = checkpoint with { Offset = _offset + checkpoint.Offset, Count = _checkpoint.Count + checkpoint.Count };
        }
        (_position, _isDone) = (result.After, result.IsLast);
        _offset += part.Length;
        _next++;
    }

    // Everything between the checkpoint and here was accepted, in this or an earlier point.
    private async ValueTask CatchUpAsync(CancellationToken cancellationToken)
    {
        if (!_hasSkippedParts)
        {
            return;
        }
        _check.ResumeAt(_checkpoint);
        _hasSkippedParts = false;
        var (from, at) = (_next, _offset);
        while (at > _checkpoint.Offset)
        {
            at -= _item.Parts[--from].Length;
        }
        for (; from < _next && !_isDone; from++)
        {
            using var bytes = await ReadAsync(_item.Parts[from], cancellationToken);
            Process(bytes.Span[(int)Math.Max(0, _checkpoint.Offset - at)..]);
            at += bytes.Length;
        }
    }

    private async Task<PooledBuffer> ReadAsync(ManifestPart part, CancellationToken cancellationToken)
    {
        if (part.Archive == 0)
        {
            return await VerifiedParts.ReadAsync(_archive.Frames, part, cancellationToken);
        }
        try
        {
            return await _verified.ReadAsync(_archive.Manifest.Archives[part.Archive], part, cancellationToken);
        }
        catch (HoldfastException e) when (e.IsDamage)
        {
            throw ChainValidator.CreateBaseDamaged(_archive.Name, e); // it was intact before
        }
    }
}
