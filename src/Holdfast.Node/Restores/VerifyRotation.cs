using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Operations;
using Holdfast.Node.Supervision;

namespace Holdfast.Node.Restores;

/// <summary>
/// Verifies the chains of tasks that ask for it, each at each destination once in so many days: those that never were
/// come first, then the oldest. One at
/// a time, and only while no backup waits.
/// </summary>
public sealed class VerifyRotation
{
    /// <summary>How often it is looked for chains whose time has come.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly ICatalog _catalog;
    private readonly Func<IEnumerable<BackupTask>> _tasks;
    private readonly Func<VerifyAsk, LiveOperation> _verify;
    private readonly Func<bool> _isBusy;
    private readonly TimeProvider _time;
    private readonly Dictionary<(string Chain, string Destination), DateTimeOffset> _tried = []; // of the loop alone
    private volatile IReadOnlyList<AlertVerification> _late = [];
    private long _looked; // timestamp; of the loop alone

    /// <summary>Makes it.</summary>
    /// <param name="catalog">Knows when each chain was verified.</param>
    /// <param name="tasks">All tasks.</param>
    /// <param name="verify">Puts a verification in line.</param>
    /// <param name="isBusy">Whether a backup waits for its turn.</param>
    /// <param name="time">The clock.</param>
    public VerifyRotation(
        ICatalog catalog,
        Func<IEnumerable<BackupTask>> tasks,
        Func<VerifyAsk, LiveOperation> verify,
        Func<bool> isBusy,
        TimeProvider time
    ) => (_catalog, _tasks, _verify, _isBusy, _time) = (catalog, tasks, verify, isBusy, time);

    /// <summary>Tasks and templates whose chains were not verified for twice as long as they ask for, as of the last turn.</summary>
    public IReadOnlyList<AlertVerification> Late => _late;

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="loop">Told that it lives.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Turn, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            loop.Beat();
            Look();
            foreach (var (database, age) in Due())
            {
                if (_time.GetElapsedTime(_looked) >= Turn)
                {
                    Look(); // a round can take days
                }
                while (_isBusy())
                {
                    await Task.Delay(Pause, _time, cancellationToken);
                    loop.Beat();
                    if (_time.GetElapsedTime(_looked) >= Turn)
                    {
                        Look(); // what waits for that long may be late by now
                    }
                }

                await VerifyAsync(database, age, loop, cancellationToken);
            }
        }
    }

    /// <summary>Brings <see cref="Late"/> up to date.</summary>
    public void Look()
    {
        var now = _time.GetUtcNow();
        _looked = _time.GetTimestamp();
        var late = new Dictionary<string, AlertVerification>(StringComparer.Ordinal);
        foreach (var task in Asking())
        {
            foreach (var age in _catalog.AgesOf(task.Database, task.Id).Where(a => task.Settings.Destinations.Contains(a.Destination)))
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

        _late = [.. late.Values];
    }

    /// <summary>The chains whose time has come: those that were never verified, then the oldest.</summary>
    public IReadOnlyList<(DatabaseId Database, CopyAge Age)> Due()
    {
        var now = _time.GetUtcNow();
        return
        [
            .. Asking()
                .SelectMany(t => _catalog.AgesOf(t.Database, t.Id).Where(a => IsDue(t.Settings, a, now)).Select(a => (t.Database, a)))
                .OrderBy(d => d.a.Verified ?? DateTimeOffset.MinValue)
                .ThenBy(d => d.a.Chain, StringComparer.Ordinal),
        ];
    }

    private IEnumerable<BackupTask> Asking() => _tasks().Where(t => t.Settings is { VerifyEveryDays: not null, Disabled: false });

    // One that could not be verified, as for want of a key, is tried again after the same time.
    private bool IsDue(TaskSettings settings, CopyAge age, DateTimeOffset now)
    {
        if (!settings.Destinations.Contains(age.Destination))
        {
            return false;
        }
        var last = _tried.TryGetValue((age.Chain, age.Destination), out var tried) && !(age.Verified > tried) ? tried : age.Verified;
        return last is null || now - last >= TimeSpan.FromDays(settings.VerifyEveryDays!.Value);
    }

    private async Task VerifyAsync(DatabaseId database, CopyAge age, SupervisedLoop loop, CancellationToken cancellationToken)
    {
        _tried[(age.Chain, age.Destination)] = _time.GetUtcNow();
        try
        {
            var operation = _verify(
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
                await Task.WhenAny(operation.Ended, Task.Delay(Pause, _time, wait.Token));
                await wait.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
                loop.Beat();
            }

            if (operation.Current.State == OperationState.Completed)
            {
                _tried.Remove((age.Chain, age.Destination)); // the catalog knows it
            }
        }
        catch (HoldfastException)
        {
            // The destination is not defined any more, or the node stops: it is tried again later.
        }
    }
}
