using Holdfast.Core.Tasks;
using Holdfast.Node.Coverage;
using Holdfast.Node.Discovery;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints.Databases;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Server.Metrics;

/// <summary>Metrics of databases and tasks. All values are read when requested.</summary>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="protection">How well each database is protected.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">The statuses of tasks.</param>
internal sealed class DatabaseMetrics(
    DatabaseRecords databases,
    ProtectionReader protection,
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses
)
{
    /// <summary>Writes the number of databases and of each state.</summary>
    public async Task WriteDatabasesAsync(PrometheusWriter output)
    {
        await output.WriteAsync(
            "holdfast_databases",
            "Existing databases, by source.",
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

    /// <summary>Writes the results of backups for each task.</summary>
    public async Task WriteTasksAsync(PrometheusWriter output)
    {
        var all = tasks.All.Select(t => (Labels: Labels(t), Status: statuses.Of(t.Id))).ToList();
        await EachAsync(
            "holdfast_last_success_timestamp_seconds",
            "Start time of the newest successful backup, in seconds since 1970.",
            s => s.LastSuccess?.ToUnixTimeMilliseconds() / 1000.0
        );
        await EachAsync("holdfast_last_duration_seconds", "Duration of the last successful backup.", s => s.Duration?.TotalSeconds);
        await EachAsync("holdfast_last_stored_bytes", "Size of the last archive.", s => s.StoredBytes);
        await EachAsync("holdfast_failures", "Failed runs since the last successful one.", s => s.Failures);

        Task EachAsync(string name, string help, Func<TaskStatus, double?> value) =>
            output.WriteAsync(name, help, all.Select(t => (t.Labels, value(t.Status))));
    }

    private static string Labels(BackupTask task) =>
        $"database=\"{PrometheusWriter.Escape(task.Database.ToString())}\",task=\"{PrometheusWriter.Escape(task.Name)}\"";
}
