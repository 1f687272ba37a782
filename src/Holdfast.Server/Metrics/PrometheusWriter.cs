using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Endpoints.Databases;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Server.Metrics;

/// <summary>
/// Writes the measurements in Prometheus' text format. Each is read from the node as it is now; nothing is counted
/// beside it.
/// </summary>
internal sealed class PrometheusWriter(PipeWriter output, CancellationToken cancellationToken)
{
    private const int FlushAfterLines = 500;

    public async Task WriteAsync(HoldfastNode node)
    {
        await WriteAsync(
            "holdfast_info",
            "The server.",
            [($"node=\"{Escape(node.Tag)}\",version=\"{Escape(HoldfastServer.Version)}\"", 1)]
        );
        await WriteAsync("holdfast_backups_waiting", "Backups that wait for their turn.", [("", node.Queue.Backups.Waiting)]);
        await WriteAsync("holdfast_backups_running", "Backups that are under way.", [("", node.Queue.Backups.Running)]);
        await WriteAsync(
            "holdfast_databases",
            "Databases that are there, by source.",
            node.State.Databases.Items.Where(d => d.Value.Dropped is null)
                .CountBy(d => d.Value.Id.Source)
                .Select(s => ($"source=\"{Escape(s.Key)}\"", (double?)s.Value))
        );
        var states = DatabaseCounter.Count(node.State.Databases.Items.Select(d => node.Protection.Of(d.Value))).States;
        await WriteAsync(
            "holdfast_databases_by_state",
            "Databases in each state; Covered is protected.",
            states.Select(s => ($"state=\"{s.Key}\"", (double?)s.Value))
        );
        await WriteAsync(
            "holdfast_alerts",
            "Alerts that stand.",
            node.Alerts.Active.CountBy(a => (a.Kind, a.Severity))
                .Select(a => ($"kind=\"{a.Key.Kind}\",severity=\"{a.Key.Severity}\"", (double?)a.Value))
        );
        var loops = node.Supervisor.Loops;
        await WriteAsync(
            "holdfast_loop_silence_seconds",
            "How long ago each background loop completed a turn, or since when it owes one.",
            loops.Select(l => ($"loop=\"{Escape(l.Name)}\"", (double?)l.SinceLastIteration.TotalSeconds))
        );
        await WriteAsync(
            "holdfast_loop_failures",
            "Failures in a row of each background loop.",
            loops.Select(l => ($"loop=\"{Escape(l.Name)}\"", (double?)l.Failures))
        );
        await WriteAsync("process_resident_memory_bytes", "Memory of the server.", [("", Environment.WorkingSet)]);
        var tasks = node.Tasks.All.Select(t => (Labels: Labels(t), Status: node.StatusOf(t.Id))).ToList();
        await EachAsync("holdfast_last_success_timestamp_seconds", "When the newest backup began that succeeded, since 1970.", s =>
            s.LastSuccess?.ToUnixTimeMilliseconds() / 1000.0
        );
        await EachAsync("holdfast_last_duration_seconds", "How long the last backup took that succeeded.", s => s.Duration?.TotalSeconds);
        await EachAsync("holdfast_last_stored_bytes", "Size of the last archive.", s => s.StoredBytes);
        await EachAsync("holdfast_failures", "Runs that failed since one succeeded.", s => s.Failures);
        await output.FlushAsync(cancellationToken);

        Task EachAsync(string name, string help, Func<TaskStatus, double?> value) =>
            WriteAsync(name, help, tasks.Select(t => (t.Labels, value(t.Status))));
    }

    /// <summary>
    /// A label's value: names come from disks, and a line break or quote in one must not make another measurement. The
    /// format has these three escapes and no other.
    /// </summary>
    internal static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Labels(BackupTask task) => $"database=\"{Escape(task.Database.ToString())}\",task=\"{Escape(task.Name)}\"";

    private async Task WriteAsync(string name, string help, IEnumerable<(string Labels, double? Value)> values)
    {
        Write($"# HELP {name} {help}\n# TYPE {name} gauge\n");
        foreach (var (i, (labels, value)) in values.Index())
        {
            if (value is not { } number)
            {
                continue;
            }
            Write(string.Create(CultureInfo.InvariantCulture, $"{name}{(labels.Length == 0 ? "" : $"{{{labels}}}")} {number:R}\n"));
            if (i % FlushAfterLines == FlushAfterLines - 1)
            {
                await output.FlushAsync(cancellationToken);
            }
        }
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, output);
}
