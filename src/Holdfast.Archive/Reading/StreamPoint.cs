using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Checks one stream of one point. Its parts are taken in their order: those of the point's own archive as a
/// <see cref="TarWalk"/> comes by them,
/// those of older archives are read where it is not known what they come to.
/// </summary>
internal sealed class StreamPoint
{
    private const string EndName = "end";

    private readonly ArchiveReader _archive;
    private readonly ManifestItem _item;
    private readonly HeldParts _held;
    private readonly StreamSteps _steps;
    private readonly IStreamCheck _check;
    private bool _isBehind; // parts were passed over: the check goes on at the mark when it is needed
    private StreamMark _mark;
    private StreamSteps.Key _before;
    private int _next;
    private long _offset; // of the next part in the stream
    private bool _isDone;

    public StreamPoint(ArchiveReader archive, ManifestItem item, IStreamCheck check, HeldParts held, StreamSteps steps)
    {
        (_archive, _item, _held, _steps, _check) = (archive, item, held, steps, check);
        _mark = check.Mark ?? new(0, 0, "");
        _before = StreamSteps.Key.Of(_mark);
        steps.Begin();
    }

    /// <summary>What a restore would refuse; null for nothing so far.</summary>
    public HoldfastException? Refusal { get; private set; }

    /// <summary>Takes all parts up to one of the point's own archive.</summary>
    /// <returns>Whether the bytes of that part are wanted next.</returns>
    public async ValueTask<bool> ReachAsync(int part, CancellationToken cancellationToken)
    {
        while (_next < part && !_isDone)
        {
            await TakeNextAsync(cancellationToken);
        }
        if (_isDone || _next != part || TryPass(_item.Parts[part]))
        {
            return false;
        }
        await CatchUpAsync(cancellationToken);
        return !_isDone;
    }

    /// <summary>Takes bytes of the part that was reached.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (_isDone)
        {
            return;
        }
        try
        {
            _check.Take(bytes);
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
        if (_check.Mark is not { } mark)
        {
            Apply(behind, new(behind, null, IsLast: true));
        }
        else if (mark == _mark)
        {
            Apply(behind, new(behind, null, IsLast: false));
        }
        else
        {
            var inPart = mark.Offset - _offset;
            Apply(
                behind,
                new(
                    StreamSteps.Key.Of(part.Sha256, inPart, mark),
                    mark with
                    {
                        Offset = inPart,
                        Count = mark.Count - _mark.Count,
                    },
                    IsLast: false
                )
            );
        }

        void Apply(StreamSteps.Key from, StreamSteps.Step step)
        {
            _steps.Add(from, step);
            Pass(part, step);
        }
    }

    /// <summary>Takes what is left.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        while (_next < _item.Parts.Count && !_isDone)
        {
            await TakeNextAsync(cancellationToken);
        }
        var end = _before.Then(EndName);
        if (!_isDone && _steps.Find(end) is null)
        {
            await CatchUpAsync(cancellationToken);
            try
            {
                if (!_isDone)
                {
                    _check.End();
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

    private async ValueTask TakeNextAsync(CancellationToken cancellationToken)
    {
        var part = _item.Parts[_next];
        if (TryPass(part))
        {
            return;
        }
        await CatchUpAsync(cancellationToken);
        using (var bytes = await ReadAsync(part, cancellationToken))
        {
            Take(bytes.Span);
        }
        EndPart();
    }

    private bool TryPass(ManifestPart part)
    {
        if (_steps.Find(_before.Then(part.Sha256)) is not { } step)
        {
            return false;
        }
        _isBehind = true;
        Pass(part, step);
        return true;
    }

    private void Pass(ManifestPart part, StreamSteps.Step step)
    {
        if (step.Mark is { } mark)
        {
            _mark = mark with { Offset = _offset + mark.Offset, Count = _mark.Count + mark.Count };
        }
        (_before, _isDone) = (step.After, step.IsLast);
        _offset += part.Length;
        _next++;
    }

    // What lies between the mark and here was found good, whichever point it was in.
    private async ValueTask CatchUpAsync(CancellationToken cancellationToken)
    {
        if (!_isBehind)
        {
            return;
        }
        _check.GoOnAt(_mark);
        _isBehind = false;
        var (from, at) = (_next, _offset);
        while (at > _mark.Offset)
        {
            at -= _item.Parts[--from].Length;
        }
        for (; from < _next && !_isDone; from++)
        {
            using var bytes = await ReadAsync(_item.Parts[from], cancellationToken);
            Take(bytes.Span[(int)Math.Max(0, _mark.Offset - at)..]);
            at += bytes.Length;
        }
    }

    private async Task<PooledBuffer> ReadAsync(ManifestPart part, CancellationToken cancellationToken)
    {
        if (part.Archive == 0)
        {
            return await HeldParts.ReadAsync(_archive.Frames, part, cancellationToken);
        }
        try
        {
            return await _held.ReadAsync(_archive.Manifest.Archives[part.Archive], part, cancellationToken);
        }
        catch (HoldfastException e) when (e.IsDamage)
        {
            throw ChainRules.NotWhole(_archive.Name, e); // it was whole a moment ago
        }
    }
}
