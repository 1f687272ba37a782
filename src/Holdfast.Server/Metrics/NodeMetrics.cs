using Holdfast.Node;
using Holdfast.Node.Alerts;
using Holdfast.Node.Jobs;
using Holdfast.Node.Supervision;

namespace Holdfast.Server.Metrics;

/// <summary>Metrics of the node. All values are read when requested.</summary>
/// <param name="settings">Tag of the node.</param>
/// <param name="queue">The queue of all operations.</param>
/// <param name="alerts">The alerts.</param>
/// <param name="supervisor">The background loops.</param>
internal sealed class NodeMetrics(NodeSettings settings, OperationQueue queue, AlertMonitor alerts, Supervisor supervisor)
{
    /// <summary>Writes information about the server, and the number of queued and running backups.</summary>
    public async Task WriteQueueAsync(PrometheusWriter output)
    {
        var node = PrometheusWriter.Escape(settings.Tag);
        var version = PrometheusWriter.Escape(HoldfastServer.Version);
        await output.WriteAsync("holdfast_info", "The server.", [($"node=\"{node}\",version=\"{version}\"", 1)]);
        await output.WriteAsync("holdfast_backups_waiting", "Queued backups.", [("", queue.Backups.Waiting)]);
        await output.WriteAsync("holdfast_backups_running", "Running backups.", [("", queue.Backups.Running)]);
    }

    /// <summary>Writes alerts, background loops and memory.</summary>
    public async Task WriteHealthAsync(PrometheusWriter output)
    {
        await output.WriteAsync(
            "holdfast_alerts",
            "Active alerts.",
            alerts
                .Active.CountBy(a => (a.Kind, a.Severity))
                .Select(a => ($"kind=\"{a.Key.Kind}\",severity=\"{a.Key.Severity}\"", (double?)a.Value))
        );
        var loops = supervisor.Loops;
        await output.WriteAsync(
            "holdfast_loop_silence_seconds",
            "Time since each background loop completed an iteration, or since one became due.",
            loops.Select(l => ($"loop=\"{PrometheusWriter.Escape(l.Name)}\"", (double?)l.SinceLastIteration.TotalSeconds))
        );
        await output.WriteAsync(
            "holdfast_loop_failures",
            "Consecutive failures of each background loop.",
            loops.Select(l => ($"loop=\"{PrometheusWriter.Escape(l.Name)}\"", (double?)l.Failures))
        );
        await output.WriteAsync("process_resident_memory_bytes", "Resident memory of the server.", [("", Environment.WorkingSet)]);
    }
}
