using Holdfast.Core.Operations;

namespace Holdfast.Studio.Formatting;

/// <summary>
/// How fast an operation goes, and how long it will take: of what it did in the last seconds, since it began where it
/// began later.
/// </summary>
public sealed class TransferRate
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MinSampleSpan = TimeSpan.FromMilliseconds(500); // of less, nothing sensible can be told

    private readonly Queue<(DateTimeOffset At, long Bytes)> _samples = new();
    private string? _id;

    /// <summary>Bytes of the database a second; null while that is not known.</summary>
    public double? BytesPerSecond { get; private set; }

    /// <summary>How long it will still take; null while that is not known.</summary>
    public TimeSpan? TimeLeft { get; private set; }

    /// <summary>Takes how far an operation is now.</summary>
    public void AddSample(Operation operation, DateTimeOffset now)
    {
        if (_id != operation.Id)
        {
            _id = operation.Id;
            _samples.Clear();
            if (operation.Started is { } started && started < now)
            {
                _samples.Enqueue((started, 0));
            }
        }

        var (done, total) = (operation.Progress.DoneBytes, operation.Progress.TotalBytes);
        if (_samples.Count > 0 && _samples.Last().Bytes > done)
        {
            _samples.Clear(); // it began anew
        }
        _samples.Enqueue((now, done));
        while (_samples.Count > 2 && now - _samples.ElementAt(1).At >= Window)
        {
            _samples.Dequeue(); // one is kept that is as old as the window
        }
        var (from, before) = _samples.Peek();
        BytesPerSecond = now - from >= MinSampleSpan && done > before ? (done - before) / (now - from).TotalSeconds : null;
        TimeLeft =
            BytesPerSecond is { } speed && total > done
                ? TimeSpan.FromSeconds(Math.Min((total - done) / speed, TimeSpan.FromDays(365).TotalSeconds))
                : null;
    }

    /// <summary>How much is done, 0 to 100; null while that is not known. 100 only when all is.</summary>
    public static int? Percent(Operation operation) =>
        operation.State is OperationState.Completed or OperationState.CompletedWithErrors ? 100
        : operation.Progress.TotalBytes <= 0 ? null
        : operation.Progress.DoneBytes >= operation.Progress.TotalBytes ? 100
        : (int)Math.Min(99, 100.0 * operation.Progress.DoneBytes / operation.Progress.TotalBytes);
}
