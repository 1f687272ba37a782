using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Checks one stream of one point. Its parts are taken in their order: those of the point's own archive as a
/// <see cref="TarVerifier"/> comes by them,
/// those of older archives are read where it is not known what they come to.
/// </summary>
internal sealed class PointStreamVerifier
{
    private const string EndName = "end";

    private readonly ArchiveReader _archive;
    private readonly ManifestItem _item;
    private readonly VerifiedParts _verified;
    private readonly StreamCheckCache _steps;
    private readonly IStreamCheck _check;
    private bool _hasSkippedParts; // parts were passed over: the check goes on at the mark when it is needed
    private StreamCheckpoint _checkpoint;
    private StreamCheckCache.Key _before;
    private int _next;
    private long _offset; // of the next part in the stream
    private bool _isDone;

    public PointStreamVerifier(ArchiveReader archive, ManifestItem item, IStreamCheck check, VerifiedParts held, StreamCheckCache steps)
    {
        (_archive, _item, _verified, _steps, _check) = (archive, item, held, steps, check);
        _checkpoint = check.Checkpoint ?? new(0, 0, "");
        _before = StreamCheckCache.Key.Of(_checkpoint);
        steps.Begin();
    }

    /// <summary>What a restore would refuse; null for nothing so far.</summary>
    public HoldfastException? Refusal { get; private set; }

    /// <summary>Takes all parts up to one of the point's own archive.</summary>
    /// <returns>Whether the bytes of that part are wanted next.</returns>
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

    /// <summary>Takes bytes of the part that was reached.</summary>
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

    /// <summary>The part that was reached is at its end.</summary>
    public void EndPart()
    {
        if (_isDone)
        {
            return;
        }
        var part = _item.Parts[_next];
        var behind = _before.Then(part.Sha256);
        if (_check.Checkpoint is not { } mark)
        {
            Apply(behind, new(behind, null, IsLast: true));
        }
        else if (mark == _checkpoint)
        {
            Apply(behind, new(behind, null, IsLast: false));
        }
        else
        {
            var inPart = mark.Offset - _offset;
            Apply(
                behind,
                new(
                    StreamCheckCache.Key.Of(part.Sha256, inPart, mark),
                    mark with
                    {
                        Offset = inPart,
                        Count = mark.Count - _checkpoint.Count,
                    },
                    IsLast: false
                )
            );
        }

        void Apply(StreamCheckCache.Key from, StreamCheckCache.Result step)
        {
            _steps.Add(from, step);
            Skip(part, step);
        }
    }

    /// <summary>Takes what is left.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        while (_next < _item.Parts.Count && !_isDone)
        {
            await ProcessNextAsync(cancellationToken);
        }
        var end = _before.Then(EndName);
        if (!_isDone && _steps.Find(end) is null)
        {
            await CatchUpAsync(cancellationToken);
            try
            {
                if (!_isDone)
                {
                    _check.Complete();
                }
                _steps.Add(end, new(end, null, IsLast: true));
            }
            catch (HoldfastException e)
            {
                Refusal = e;
            }
        }

        if (Refusal is null)
        {
            _steps.Complete();
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
        if (_steps.Find(_before.Then(part.Sha256)) is not { } step)
        {
            return false;
        }
        _hasSkippedParts = true;
        Skip(part, step);
        return true;
    }

    private void Skip(ManifestPart part, StreamCheckCache.Result step)
    {
        if (step.Checkpoint is { } mark)
        {
            _checkpoint = mark with { Offset = _offset + mark.Offset, Count = _checkpoint.Count + mark.Count };
        }
        (_before, _isDone) = (step.After, step.IsLast);
        _offset += part.Length;
        _next++;
    }

    // What lies between the mark and here was found good, whichever point it was in.
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
            throw ChainValidator.CreateBaseDamaged(_archive.Name, e); // it was whole a moment ago
        }
    }
}
