using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Verification;

/// <summary>
/// Verifies the chains of tasks that require it, each at each destination once within a number of days: those never verified first,
/// then the oldest. Runs one verification at a time, and only while no backup is queued.
/// </summary>
public sealed class VerificationScheduler
{
    /// <summary>Time between two searches for due chains.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(1);

    private readonly ICatalog _catalog;
    private readonly TaskRegistry _tasks;
    private readonly IVerificationQueue _queue;
    private readonly TimeProvider _time;
    private readonly Dictionary<(string Chain, string Destination), DateTimeOffset> _attempted = []; // used by the loop alone
    private volatile IReadOnlyList<VerificationAlertInput> _overdue = [];
    private long _lastRefresh; // timestamp; used by the loop alone

    /// <summary>Creates the scheduler.</summary>
    /// <param name="catalog">Knows when each chain was verified.</param>
    /// <param name="tasks">All tasks.</param>
    /// <param name="queue">Queues verifications.</param>
    /// <param name="time">The clock.</param>
    public VerificationScheduler(ICatalog catalog, TaskRegistry tasks, IVerificationQueue queue, TimeProvider time) =>
        (_catalog, _tasks, _queue, _time) = (catalog, tasks, queue, time);

    /// <summary>
    /// Tasks and templates whose chains have not been verified for twice the required interval, as of the last iteration.
    /// </summary>
    public IReadOnlyList<VerificationAlertInput> Overdue => _overdue;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each completed iteration.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            loop.CompleteIteration();
            Refresh();
            foreach (var (database, age) in GetDue())
            {
                if (_time.GetElapsedTime(_lastRefresh) >= CheckInterval)
                {
                    Refresh(); // a pass over all chains can take days
                }
                while (_queue.HasQueuedBackups)
                {
                    await Task.Delay(PollInterval, _time, cancellationToken);
                    loop.CompleteIteration();
                    if (_time.GetElapsedTime(_lastRefresh) >= CheckInterval)
                    {
                        Refresh(); // a chain that waited for that long may be overdue by now
                    }
                }

                await VerifyAsync(database, age, loop, cancellationToken);
            }
        }
    }

    /// <summary>Updates <see cref="Overdue"/>.</summary>
    public void Refresh()
    {
        var now = _time.GetUtcNow();
        _lastRefresh = _time.GetTimestamp();
        var late = new Dictionary<string, VerificationAlertInput>(StringComparer.Ordinal);
        foreach (var task in GetVerifiedTasks())
        {
            foreach (
                var age in _catalog.VerificationsOf(task.Database, task.Id).Where(a => task.Settings.Destinations.Contains(a.Destination))
            )
            {
                if ((age.Verified ?? ChainName.TryParse(age.Chain[(age.Chain.LastIndexOf('/') + 1)..])?.Time) is not { } last)
                {
                    continue;
                }
                if (now - last <= 2 * TimeSpan.FromDays(task.Settings.VerifyEveryDays!.Value))
                {
                    continue;
                }
                var key = task.TemplateId ?? task.Id;
                var before = late.GetValueOrDefault(key);
                late[key] = new(before?.Task ?? task, (before?.Chains ?? 0) + 1, before?.Since < last ? before.Since : last);
            }
        }

        _overdue = [.. late.Values];
    }

    /// <summary>The due chains: those never verified first, then the oldest.</summary>
    public IReadOnlyList<(DatabaseId Database, ChainVerification Age)> GetDue()
    {
        var now = _time.GetUtcNow();
        return
        [
            .. GetVerifiedTasks()
                .SelectMany(t =>
                    _catalog.VerificationsOf(t.Database, t.Id).Where(a => IsDue(t.Settings, a, now)).Select(a => (t.Database, a))
                )
                .OrderBy(d => d.a.Verified ?? DateTimeOffset.MinValue)
                .ThenBy(d => d.a.Chain, StringComparer.Ordinal),
        ];
    }

    private IEnumerable<BackupTask> GetVerifiedTasks() =>
        _tasks.All.Where(t => t.Settings is { VerifyEveryDays: not null, Disabled: false });

    // A chain that could not be verified, for example because of a missing key, is retried after the same interval.
    private bool IsDue(TaskSettings settings, ChainVerification age, DateTimeOffset now)
    {
        if (!settings.Destinations.Contains(age.Destination))
        {
            return false;
        }
        var last = _attempted.TryGetValue((age.Chain, age.Destination), out var tried) && !(age.Verified > tried) ? tried : age.Verified;
        return last is null || now - last >= TimeSpan.FromDays(settings.VerifyEveryDays!.Value);
    }

    private async Task VerifyAsync(DatabaseId database, ChainVerification age, SupervisedLoop loop, CancellationToken cancellationToken)
    {
        _attempted[(age.Chain, age.Destination)] = _time.GetUtcNow();
        try
        {
            var operation = _queue.EnqueueDue(
                new()
                {
                    From = $"destination:{age.Destination}/{age.Chain}",
                    Database = database,
                    HashSuffices = true,
                }
            );
            while (!operation.HasEnded)
            {
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(operation.Completion, Task.Delay(PollInterval, _time, wait.Token));
                await wait.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
                loop.CompleteIteration();
            }

            if (operation.Current.State == OperationState.Completed)
            {
                _attempted.Remove((age.Chain, age.Destination)); // the catalog has the time
            }
        }
        catch (HoldfastException)
        {
            // The destination is no longer defined, or the node is stopping: retried later.
        }
    }
}
