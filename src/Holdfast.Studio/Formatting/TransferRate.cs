using Holdfast.Core.Operations;

namespace Holdfast.Studio.Formatting;

/// <summary>
/// Rate and remaining time of an operation, computed from its progress in the last 15 seconds, or since its start if that was
/// later.
/// </summary>
public sealed class TransferRate
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MinSampleSpan = TimeSpan.FromMilliseconds(500); // a shorter span gives no meaningful rate

    private readonly Queue<(DateTimeOffset At, long Bytes)> _samples = new();
    private string? _id;

    /// <summary>Bytes of the database per second; null if not known.</summary>
    public double? BytesPerSecond { get; private set; }

    /// <summary>Remaining time; null if not known.</summary>
    public TimeSpan? TimeLeft { get; private set; }

    /// <summary>Adds the current progress of an operation.</summary>
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
            _samples.Clear(); // the operation has started again
        }
        _samples.Enqueue((now, done));
        while (_samples.Count > 2 && now - _samples.ElementAt(1).At >= Window)
        {
            _samples.Dequeue(); // keep one sample that is at least as old as the window
        }
        var (from, before) = _samples.Peek();
        BytesPerSecond =
            !IsPublishing(operation) && now - from >= MinSampleSpan && done > before ? (done - before) / (now - from).TotalSeconds : null;
        TimeLeft =
            BytesPerSecond is { } speed && total > done
                ? TimeSpan.FromSeconds(Math.Min((total - done) / speed, TimeSpan.FromDays(365).TotalSeconds))
                : null;
    }

    /// <summary>
    /// Whether a running backup has read the database and waits for its destinations, of which it is not known how long they take.
    /// </summary>
    public static bool IsPublishing(Operation operation) => operation is { State: OperationState.Running, Phase: "publishing" };

    /// <summary>Progress, 0 to 100; null if not known. 100 only if everything is done.</summary>
    public static int? Percent(Operation operation) =>
        operation.State is OperationState.Completed or OperationState.CompletedWithErrors ? 100
        : IsPublishing(operation) ? null
        : operation.Progress.TotalBytes <= 0 ? null
        : operation.Progress.DoneBytes >= operation.Progress.TotalBytes ? 100
        : (int)Math.Min(99, 100.0 * operation.Progress.DoneBytes / operation.Progress.TotalBytes);
}
