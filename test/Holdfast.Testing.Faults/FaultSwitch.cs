using Holdfast.Core.Errors;

namespace Holdfast.Testing.Faults;

/// <summary>Decides what happens to the calls of one component. All calls succeed until <see cref="Set"/>.</summary>
/// <param name="name">The component, for messages.</param>
/// <param name="known">The error that its contract names.</param>
/// <param name="seed">Seed of the choice, which also depends on the order of the calls.</param>
/// <param name="time">The clock for late calls.</param>
public sealed class FaultSwitch(string name, Error known, int seed, TimeProvider time)
{
    private const int MostMinutesLate = 10;

    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<FaultKind> _kinds = [];
    private double _rate;
    private int _held;

    /// <summary>Whether calls can fail now.</summary>
    public bool IsOn
    {
        get
        {
            lock (_gate)
            {
                return _rate > 0;
            }
        }
    }

    /// <summary>Number of calls that hang or are late at the moment.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Number of calls with a fault so far.</summary>
    public long Met { get; private set; }

    /// <summary>Lets calls fail.</summary>
    /// <param name="rate">The fraction of calls with a fault, 0 to 1.</param>
    /// <param name="kinds">What can happen to them.</param>
    public void Set(double rate, params IReadOnlyList<FaultKind> kinds)
    {
        lock (_gate)
        {
            (_rate, _kinds) = (rate, kinds);
        }
    }

    /// <summary>Lets all calls succeed again; hanging calls continue.</summary>
    public void Clear()
    {
        TaskCompletionSource release;
        lock (_gate)
        {
            (_rate, _kinds) = (0, []);
            (release, _release) = (_release, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        release.SetResult();
    }

    /// <summary>Called at the start of each call, and at the end of calls that change something.</summary>
    /// <param name="call">The call, for messages.</param>
    /// <param name="cancellationToken">Ends late calls, but not hanging ones.</param>
    public async Task MeetAsync(string call, CancellationToken cancellationToken)
    {
        FaultKind kind;
        int choice;
        Task released;
        lock (_gate)
        {
            if (_rate == 0 || _random.NextDouble() >= _rate)
            {
                return;
            }
            (kind, choice, released) = (_kinds[_random.Next(_kinds.Count)], _random.Next(1000), _release.Task);
            Met++;
        }

        switch (kind)
        {
            case FaultKind.Known:
                throw new HoldfastException(known, $"{name}: {call} failed, as the test wants it.", "Look at the test.");
            case FaultKind.Strange:
                throw Strange(call, choice);
            case FaultKind.CancelledByItself:
                throw choice % 2 == 0 ? new OperationCanceledException($"{name}: {call}") : new TaskCanceledException($"{name}: {call}");
            case FaultKind.Hang:
                await HoldAsync(released);
                break;
            default:
                await HoldAsync(Task.Delay(TimeSpan.FromSeconds(choice % (60 * MostMinutesLate)), time, cancellationToken));
                break;
        }
    }

    /// <summary>As above for synchronous calls: they throw or continue.</summary>
    public void Meet(string call)
    {
        FaultKind kind;
        int choice;
        lock (_gate)
        {
            if (_rate == 0 || _random.NextDouble() >= _rate)
            {
                return;
            }
            (kind, choice) = (_kinds[_random.Next(_kinds.Count)], _random.Next(1000));
            if (kind is FaultKind.Hang or FaultKind.Late)
            {
                return;
            }
            Met++;
        }

        throw kind switch
        {
            FaultKind.Known => new HoldfastException(known, $"{name}: {call} failed, as the test wants it.", "Look at the test."),
            FaultKind.Strange => Strange(call, choice),
            _ => new OperationCanceledException($"{name}: {call}"),
        };
    }

    private static Exception Strange(string call, int choice) =>
        (choice % 8) switch
        {
            0 => new InvalidOperationException($"strange: {call}"),
            1 => new IOException($"strange: {call}"),
            2 => new ArgumentException($"strange: {call}"),
            3 => new FormatException($"strange: {call}"),
            4 => new ObjectDisposedException(call),
            5 => new TimeoutException($"strange: {call}"),
            6 => new AggregateException(new IOException($"strange: {call}")),
            _ => new KeyNotFoundException($"strange: {call}"),
        };

    private async Task HoldAsync(Task until)
    {
        Interlocked.Increment(ref _held);
        try
        {
            await until;
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }
}
