using System.Runtime.ExceptionServices;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// Sends the files of a backup to all its destinations, each of which writes at its own speed. One that fails is dropped. One that has no
/// room left in memory and spool may hold up the others only for a short time; then it is dropped, too. The last one is waited for. One
/// that is alone and slightly behind is waited for before the spool is used, too, because the way through the spool costs more.
/// </summary>
/// <param name="outputs">The destinations, one or more. The caller keeps ownership.</param>
/// <param name="memory">Limits the memory of what waits.</param>
/// <param name="time">The clock.</param>
internal sealed class FanOut(IReadOnlyList<DestinationOutput> outputs, OutputMemory memory, TimeProvider time) : IDisposable
{
    // What a destination without room may add to the time of the others: this much, or a tenth of the time that the backup has taken.
    private const double PatienceShare = 0.1;
    private static readonly TimeSpan MinPatience = TimeSpan.FromSeconds(5);

    // The share of the time of a backup that it may wait for its only destination instead of using the spool.
    private const double WaitingShare = 0.25;

    private readonly SemaphoreSlim _writer = new(1); // archive and index are written concurrently
    private readonly OutputBlock?[] _filling = new OutputBlock?[Enum.GetValues<OutputFile>().Length];
    private readonly TimeSpan[] _heldUp = new TimeSpan[outputs.Count];
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _waited; // for the only destination

    /// <summary>Appends bytes to a file at all destinations.</summary>
    /// <exception cref="Exception">No destination is left; the failure of the last one.</exception>
    public async ValueTask WriteAsync(OutputFile file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            while (!bytes.IsEmpty)
            {
                var block = _filling[(int)file] ??= new(file, memory);
                bytes = block.Append(bytes);
                if (block.IsFull)
                {
                    await SendAsync(file, cancellationToken);
                }
            }
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Sends what is left. Nothing may be written afterwards.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var file in Enum.GetValues<OutputFile>())
        {
            if (_filling[(int)file] is not null)
            {
                await SendAsync(file, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _filling)
        {
            block?.Release();
        }
        _writer.Dispose();
    }

    private async Task SendAsync(OutputFile file, CancellationToken cancellationToken)
    {
        var block = _filling[(int)file]!;
        _filling[(int)file] = null;
        try
        {
            var isAdded = outputs.Count == 1 && await TryWaitForMemoryAsync(outputs[0], block, cancellationToken);
            var waiting = new List<int>();
            for (var i = 0; i < outputs.Count && !isAdded; i++)
            {
                if (!await outputs[i].TryAddAsync(block, cancellationToken))
                {
                    waiting.Add(i);
                }
            }
            while (waiting.Count > 0)
            {
                waiting = await WaitForRoomAsync(block, waiting, cancellationToken);
            }
        }
        finally
        {
            block.Release();
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (outputs.All(o => o.Failure is not null))
        {
            ExceptionDispatchInfo.Throw(outputs[^1].Failure!);
        }
    }

    // A destination that needs the same processor as the backup falls behind only because the backup is ahead; of one that is really slow,
    // the spool soon has so much that it is not waited for any more.
    private async Task<bool> TryWaitForMemoryAsync(DestinationOutput output, OutputBlock block, CancellationToken cancellationToken)
    {
        while (true)
        {
            var room = output.NextRoom; // before it is tried, so that room that appears in between is not missed
            if (output.TryAddToMemory(block))
            {
                return true;
            }
            var begin = time.GetTimestamp();
            var left = (time.GetElapsedTime(_start, begin) * WaitingShare) - _waited;
            if (left <= TimeSpan.Zero || !output.IsSlightlyBehind)
            {
                return false;
            }
            await ((Task)room.WaitAsync(left, time, cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            _waited += time.GetElapsedTime(begin);
        }
    }

    // Returns the destinations that still have no room.
    private async Task<List<int>> WaitForRoomAsync(OutputBlock block, List<int> waiting, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        // Taken before they are tried again, so that room that appears in between is not missed.
        var rooms = waiting.Select(i => outputs[i].NextRoom).ToList();
        var rest = new List<int>();
        foreach (var i in waiting)
        {
            if (!await outputs[i].TryAddAsync(block, cancellationToken))
            {
                rest.Add(i);
            }
        }
        if (rest.Count == 0 || rest.Count < waiting.Count)
        {
            return rest;
        }

        var holdsUpOthers = outputs.Where((o, i) => o.Failure is null && !rest.Contains(i)).Any();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = holdsUpOthers
            ? time.CreateTimer(_ => patience.Cancel(), null, PatienceWith(rest), Timeout.InfiniteTimeSpan)
            : null;
        await ((Task)Task.WhenAny(rooms).WaitAsync(patience.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (holdsUpOthers)
        {
            CountPatience(rest, time.GetElapsedTime(begin));
        }
        return rest;
    }

    // Those that wait for a place on the disk of the spool itself are waited for: the spool cannot relieve them, and what holds them up is
    // this machine.
    private TimeSpan PatienceWith(List<int> rest)
    {
        var limited = rest.Where(i => outputs[i].CanSpool).ToList();
        if (limited.Count == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }
        var left = limited.Min(i => Patience() - _heldUp[i]);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void CountPatience(List<int> rest, TimeSpan waited)
    {
        foreach (var i in rest.Where(i => outputs[i].CanSpool))
        {
            _heldUp[i] += waited;
            if (_heldUp[i] >= Patience())
            {
                outputs[i].Drop(TooSlow());
            }
        }
    }

    private TimeSpan Patience()
    {
        var share = time.GetElapsedTime(_start) * PatienceShare;
        return share > MinPatience ? share : MinPatience;
    }

    private static HoldfastException TooSlow() =>
        new(
            ErrorCatalog.DestinationFailed,
            "The destination is too slow: what it has not written yet fills the spool, and it would have held up the other destinations.",
            "It gets a copy from another destination. Give the spool more space (spool.maxBytes) if this happens often."
        );
}
