using Holdfast.Core.Alerts;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>The background loops, and the tasks that cannot be scheduled.</summary>
/// <param name="supervisor">The background loops.</param>
/// <param name="scheduler">Knows which tasks cannot be scheduled or started.</param>
/// <param name="tasks">All tasks.</param>
public sealed class LoopAlertInputs(Supervisor supervisor, BackupScheduler scheduler, TaskRegistry tasks) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts) => supervisor.Changed += alerts.Invalidate;

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) =>
        snapshot with
        {
            SinceSchedulerIteration = scheduler.SinceLastIteration,
            Loops =
            [
                .. supervisor.Loops.Select(l => new LoopAlertInput(
                    l.Name,
                    l.LastIteration,
                    l.MaxInterval,
                    l.Failures,
                    l.Problem,
                    l.SinceLastIteration
                )),
                .. FindUnscheduled(snapshot.Now),
            ],
        };

    // One alert, regardless of the number of tasks.
    private IEnumerable<LoopAlertInput> FindUnscheduled(DateTimeOffset now)
    {
        var problems = scheduler.Problems;
        if (problems.Count == 0)
        {
            yield break;
        }
        var (id, problem) = problems.First();
        var example = tasks.Find(id) is { } task ? $"that of '{task.Database}' by task '{task.Name}'" : $"task {id}";
        yield return new(
            "start of backups",
            now,
            TimeSpan.Zero,
            1,
            problem with
            {
                Message = $"{problems.Count} cannot be scheduled or started; for example {example}: {problem.Message}",
            },
            TimeSpan.Zero
        );
    }
}
