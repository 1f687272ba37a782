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
/// Verifies the chains of tasks that ask for it, each at each destination once in so many days: those that never were
/// come first, then the oldest. One at
/// a time, and only while no backup waits.
/// </summary>
public sealed class VerificationScheduler
{
    /// <summary>How often it is looked for chains whose time has come.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(1);

    private readonly ICatalog _catalog;
    private readonly TaskRegistry _tasks;
    private readonly IVerificationQueue _queue;
    private readonly TimeProvider _time;
    private readonly Dictionary<(string Chain, string Destination), DateTimeOffset> _attempted = []; // of the loop alone
    private volatile IReadOnlyList<VerificationAlertInput> _overdue = [];
    private long _lastRefresh; // timestamp; of the loop alone

    /// <summary>Makes it.</summary>
    /// <param name="catalog">Knows when each chain was verified.</param>
    /// <param name="tasks">All tasks.</param>
    /// <param name="queue">Queues verifications.</param>
    /// <param name="time">The clock.</param>
    public VerificationScheduler(ICatalog catalog, TaskRegistry tasks, IVerificationQueue queue, TimeProvider time) =>
        (_catalog, _tasks, _queue, _time) = (catalog, tasks, queue, time);

    /// <summary>Tasks and templates whose chains were not verified for twice as long as they ask for, as of the last turn.</summary>
    public IReadOnlyList<VerificationAlertInput> Overdue => _overdue;

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="loop">Told that it lives.</param>
    /// <param name="cancellationToken">Ends it.</param>
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
                    Refresh(); // a round can take days
                }
                while (_queue.HasQueuedBackups)
                {
                    await Task.Delay(PollInterval, _time, cancellationToken);
                    loop.CompleteIteration();
                    if (_time.GetElapsedTime(_lastRefresh) >= CheckInterval)
                    {
                        Refresh(); // what waits for that long may be late by now
                    }
                }

                await VerifyAsync(database, age, loop, cancellationToken);
            }
        }
    }

    /// <summary>Brings <see cref="Overdue"/> up to date.</summary>
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

    /// <summary>The chains whose time has come: those that were never verified, then the oldest.</summary>
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

    // One that could not be verified, as for want of a key, is tried again after the same time.
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
                _attempted.Remove((age.Chain, age.Destination)); // the catalog knows it
            }
        }
        catch (HoldfastException)
        {
            // The destination is not defined any more, or the node stops: it is tried again later.
        }
    }
}
