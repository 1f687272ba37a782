using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;
using Holdfast.Node.Coverage;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints.Databases;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Server.Metrics;

/// <summary>Measurements of databases and tasks, read as they are now; nothing is counted separately.</summary>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="protection">How well each database is protected.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">The statuses of tasks.</param>
internal sealed class DatabaseMetrics(
    WriteBehindState<DatabaseRecord> databases,
    ProtectionReader protection,
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses
)
{
    /// <summary>Writes how many databases there are, and in which states.</summary>
    public async Task WriteDatabasesAsync(PrometheusWriter output)
    {
        await output.WriteAsync(
            "holdfast_databases",
            "Databases that are there, by source.",
            databases
                .Items.Where(d => d.Value.Dropped is null)
                .CountBy(d => d.Value.Id.Source)
                .Select(s => ($"source=\"{PrometheusWriter.Escape(s.Key)}\"", (double?)s.Value))
        );
        var states = DatabaseCounter.Count(databases.Items.Select(d => protection.Of(d.Value))).States;
        await output.WriteAsync(
            "holdfast_databases_by_state",
            "Databases in each state; Covered is protected.",
            states.Select(s => ($"state=\"{s.Key}\"", (double?)s.Value))
        );
    }

    /// <summary>Writes how the backups of each task went.</summary>
    public async Task WriteTasksAsync(PrometheusWriter output)
    {
        var all = tasks.All.Select(t => (Labels: Labels(t), Status: statuses.Of(t.Id))).ToList();
        await EachAsync("holdfast_last_success_timestamp_seconds", "When the newest backup began that succeeded, since 1970.", s =>
            s.LastSuccess?.ToUnixTimeMilliseconds() / 1000.0
        );
        await EachAsync("holdfast_last_duration_seconds", "How long the last backup took that succeeded.", s => s.Duration?.TotalSeconds);
        await EachAsync("holdfast_last_stored_bytes", "Size of the last archive.", s => s.StoredBytes);
        await EachAsync("holdfast_failures", "Runs that failed since one succeeded.", s => s.Failures);

        Task EachAsync(string name, string help, Func<TaskStatus, double?> value) =>
            output.WriteAsync(name, help, all.Select(t => (t.Labels, value(t.Status))));
    }

    private static string Labels(BackupTask task) =>
        $"database=\"{PrometheusWriter.Escape(task.Database.ToString())}\",task=\"{PrometheusWriter.Escape(task.Name)}\"";
}
