using System.Collections.Concurrent;
using System.Globalization;
using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Node.Alerts;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.Retention;
using Holdfast.State;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Logging;

/// <summary>
/// The node's log for operators: start and end of operations, alerts, failures and recoveries of sources and destinations, saved
/// and deleted definitions. Each line is an event with a stable id and named values, so that programs can read them;
/// <c>docs/server.md</c> lists all of them.
/// </summary>
/// <param name="logger">Receives the lines.</param>
/// <param name="operations">Logged when they start and end.</param>
/// <param name="alerts">Logged when they are raised and resolved.</param>
/// <param name="retention">Logged when it deletes a chain.</param>
/// <param name="state">Definitions are logged when they are saved and deleted.</param>
/// <param name="sources">Counted at the start.</param>
/// <param name="settings">Tag and shutdown grace time of the node.</param>
public sealed partial class NodeLog(
    ILogger<NodeLog> logger,
    OperationStore operations,
    AlertMonitor alerts,
    RetentionRunner retention,
    NodeState state,
    SourceRegistry sources,
    NodeSettings settings
)
{
    // A server that loses its disk has an alert for each of 10,000 databases: that is logged as one line.
    private const int MaxAlertsPerKind = 10;

    private readonly ConcurrentDictionary<string, byte> _running = new(StringComparer.Ordinal);

    /// <summary>
    /// Starts to log events of the node. Call it after the state has been read, because its contents are not news.
    /// </summary>
    public void Follow()
    {
        operations.Changed += OnOperation;
        alerts.Changed += OnAlerts;
        retention.Deleted += (destination, path) => LogRetention(path, destination);
        FollowDefinitions(state.Templates, "server-wide backup", t => t.Name);
        FollowDefinitions(state.Tasks, "task", t => $"{t.Name} of {t.Database}");
        FollowDefinitions(state.Destinations, "destination", d => d.Name);
        FollowDefinitions(state.Sources, "source", s => s.Name);
    }

    /// <summary>The node has started.</summary>
    public void Started()
    {
        var databases = state.Databases.Items.Count(d => d.Value.Dropped is null);
        LogStarted(settings.Tag, sources.Items.Count, databases, state.Templates.Count);
    }

    /// <summary>The node is stopping.</summary>
    public void Stopping() => LogStopping(settings.Tag, _running.Count, settings.ShutdownGrace.TotalSeconds);

    /// <summary>The node has stopped.</summary>
    public void Stopped() => LogStopped(settings.Tag);

    /// <summary>A step of the shutdown does not complete; it is abandoned.</summary>
    /// <param name="what">The step.</param>
    /// <param name="timeout">The time limit.</param>
    public void NotStoppedInTime(string what, TimeSpan timeout) => LogNotStoppedInTime(what, timeout.TotalSeconds);

    private static string Seconds(Operation operation) =>
        operation is { Started: { } started, Ended: { } ended }
            ? (ended - started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)
            : "0";

    private void FollowDefinitions<T>(StateMirror<T> mirror, string what, Func<T, string> name)
        where T : class =>
        mirror.Changed += (_, before, after) =>
        {
            var called = name((after ?? before)!);
            if (after is not null)
            {
                LogSaved(what, called);
            }
            else
            {
                LogDeleted(what, called);
            }
        };

    // Raised at each change, and every few seconds while the operation runs.
    private void OnOperation(Operation operation)
    {
        if (operation.State == OperationState.Running && _running.TryAdd(operation.Id, 0))
        {
            LogStart(operation);
        }
        if (!operation.HasEnded)
        {
            return;
        }
        _running.TryRemove(operation.Id, out _);
        LogEnd(operation);
    }

    private void LogStart(Operation operation)
    {
        var kind = operation.BackupKind?.ToString() ?? "Full";
        if (operation.Kind == OperationKind.Backup)
        {
            LogBackupStarted(operation.Id, operation.Subject, operation.TaskName ?? "none", kind);
        }
        else
        {
            LogOperationStarted(operation.Id, operation.Kind, operation.Subject, operation.AskedBy ?? "the schedule");
        }
    }

    private void LogEnd(Operation operation)
    {
        var isFailure = operation.State is OperationState.Failed or OperationState.CompletedWithErrors;
        var level =
            operation.State == OperationState.Failed ? LogLevel.Error
            : isFailure ? LogLevel.Warning
            : LogLevel.Information;
        var seconds = Seconds(operation);
        var reason = operation.Error?.Message ?? (operation.Result?.Unchanged == true ? "unchanged" : "");
        if (operation.Kind == OperationKind.Backup)
        {
            var result = operation.Result;
            var kind = (result?.Kind ?? operation.BackupKind)?.ToString() ?? "Full";
            LogBackupEnded(
                level,
                operation.Id,
                operation.Subject,
                operation.TaskName ?? "none",
                kind,
                operation.State,
                result?.DatabaseBytes ?? 0,
                result?.StoredBytes ?? 0,
                seconds,
                reason
            );
            return;
        }

        if (operation.Kind == OperationKind.Restore)
        {
            LogRestoreEnded(level, operation.Id, operation.Subject, operation.State, operation.Progress.DoneBytes, seconds, reason);
        }
        else
        {
            var what = operation.Kind == OperationKind.Verify ? "Verification" : operation.Kind.ToString();
            LogOtherEnded(level, what, operation.Id, operation.Subject, operation.State, operation.Progress.DoneBytes, seconds, reason);
        }
    }

    private void OnAlerts(AlertChanges changes)
    {
        foreach (var kind in changes.Resolved.GroupBy(a => a.Kind))
        {
            foreach (var alert in kind.Take(MaxAlertsPerKind))
            {
                LogEnded(alert);
            }
            var more = kind.Count() - MaxAlertsPerKind;
            if (more > 0)
            {
                LogMoreEnded(more, kind.Key);
            }
        }

        foreach (var kind in changes.Raised.GroupBy(a => a.Kind))
        {
            foreach (var alert in kind.Take(MaxAlertsPerKind))
            {
                LogRaised(alert);
            }
            var more = kind.Count() - MaxAlertsPerKind;
            if (more > 0)
            {
                LogMoreRaised(more, kind.Key);
            }
        }
    }

    private void LogRaised(Alert alert)
    {
        var level = alert.Severity switch
        {
            AlertSeverity.Error => LogLevel.Error,
            AlertSeverity.Warning => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        switch (alert.Kind)
        {
            case AlertKind.DestinationFailing or AlertKind.DestinationIdentity:
                LogDestinationFailing(level, alert.Subject.Destination ?? "", alert.Message);
                break;
            case AlertKind.SourceDown or AlertKind.SourceSilent or AlertKind.SourceShrunk:
                LogSourceDown(level, alert.Subject.Source ?? "", alert.Message);
                break;
            case AlertKind.StateNotWritable:
                LogStateProblem(level, alert.Message);
                break;
            default:
                LogAlertRaised(level, alert.Kind, alert.Key, alert.Message);
                break;
        }
    }

    private void LogEnded(Alert alert)
    {
        switch (alert.Kind)
        {
            case AlertKind.DestinationFailing or AlertKind.DestinationIdentity:
                LogDestinationBack(alert.Subject.Destination ?? "");
                break;
            case AlertKind.SourceDown or AlertKind.SourceSilent or AlertKind.SourceShrunk:
                LogSourceBack(alert.Subject.Source ?? "");
                break;
            case AlertKind.StateNotWritable:
                LogStateRecovered();
                break;
            default:
                LogAlertEnded(alert.Kind, alert.Key);
                break;
        }
    }

    [LoggerMessage(
        EventId = 4001,
        Level = LogLevel.Information,
        Message = "Node {Node} has started: {Sources} sources, {Databases} databases, {Templates} server-wide backups"
    )]
    private partial void LogStarted(string node, int sources, int databases, int templates);

    [LoggerMessage(
        EventId = 4002,
        Level = LogLevel.Information,
        Message = "Node {Node} is stopping: {Running} operations are running and have {GraceSeconds} s to end"
    )]
    private partial void LogStopping(string node, int running, double graceSeconds);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Information, Message = "Node {Node} has stopped")]
    private partial void LogStopped(string node);

    [LoggerMessage(
        EventId = 4004,
        Level = LogLevel.Warning,
        Message = "{What} did not complete within {Seconds} s and was abandoned: the disk or the store does not respond"
    )]
    private partial void LogNotStoppedInTime(string what, double seconds);

    [LoggerMessage(
        EventId = 4101,
        Level = LogLevel.Information,
        Message = "Backup {Operation} of {Database} has started (task {Task}, {Kind})"
    )]
    private partial void LogBackupStarted(string operation, string database, string task, string kind);

    [LoggerMessage(
        EventId = 4102,
        Message = "Backup {Operation} of {Database} (task {Task}, {Kind}) ended {State}: {DatabaseBytes} bytes, {StoredBytes} stored, "
            + "{DurationSeconds} s. {Reason}"
    )]
    private partial void LogBackupEnded(
        LogLevel level,
        string operation,
        string database,
        string task,
        string kind,
        OperationState state,
        long databaseBytes,
        long storedBytes,
        string durationSeconds,
        string reason
    );

    [LoggerMessage(
        EventId = 4103,
        Level = LogLevel.Information,
        Message = "{Kind} {Operation} of {Database} has started, requested by {AskedBy}"
    )]
    private partial void LogOperationStarted(string operation, OperationKind kind, string database, string askedBy);

    [LoggerMessage(
        EventId = 4104,
        Message = "Restore {Operation} as {Database} ended {State}: {Bytes} bytes, {DurationSeconds} s. {Reason}"
    )]
    private partial void LogRestoreEnded(
        LogLevel level,
        string operation,
        string database,
        OperationState state,
        long bytes,
        string durationSeconds,
        string reason
    );

    [LoggerMessage(
        EventId = 4105,
        Message = "{What} {Operation} of {Database} ended {State}: {Bytes} bytes, {DurationSeconds} s. {Reason}"
    )]
    private partial void LogOtherEnded(
        LogLevel level,
        string what,
        string operation,
        string database,
        OperationState state,
        long bytes,
        string durationSeconds,
        string reason
    );

    [LoggerMessage(EventId = 4201, Level = LogLevel.Information, Message = "Retention deleted {Path} at destination {Destination}")]
    private partial void LogRetention(string path, string destination);

    [LoggerMessage(EventId = 4301, Message = "Destination {Destination} failed: {Reason}")]
    private partial void LogDestinationFailing(LogLevel level, string destination, string reason);

    [LoggerMessage(EventId = 4302, Level = LogLevel.Information, Message = "Destination {Destination} is back")]
    private partial void LogDestinationBack(string destination);

    [LoggerMessage(EventId = 4303, Message = "Source {Source} has a problem: {Reason}")]
    private partial void LogSourceDown(LogLevel level, string source, string reason);

    [LoggerMessage(EventId = 4304, Level = LogLevel.Information, Message = "Source {Source} is back")]
    private partial void LogSourceBack(string source);

    [LoggerMessage(EventId = 4401, Message = "The state has a problem: {Reason}")]
    private partial void LogStateProblem(LogLevel level, string reason);

    [LoggerMessage(EventId = 4402, Level = LogLevel.Information, Message = "The state is stored again")]
    private partial void LogStateRecovered();

    [LoggerMessage(EventId = 4501, Message = "Alert {Kind} ({Key}): {Reason}")]
    private partial void LogAlertRaised(LogLevel level, AlertKind kind, string key, string reason);

    [LoggerMessage(EventId = 4502, Level = LogLevel.Information, Message = "Alert {Kind} ({Key}) was resolved")]
    private partial void LogAlertEnded(AlertKind kind, string key);

    [LoggerMessage(EventId = 4503, Level = LogLevel.Warning, Message = "{Count} more alerts {Kind}")]
    private partial void LogMoreRaised(int count, AlertKind kind);

    [LoggerMessage(EventId = 4504, Level = LogLevel.Information, Message = "{Count} more alerts {Kind} were resolved")]
    private partial void LogMoreEnded(int count, AlertKind kind);

    [LoggerMessage(EventId = 4601, Level = LogLevel.Information, Message = "The {What} {Name} was saved")]
    private partial void LogSaved(string what, string name);

    [LoggerMessage(EventId = 4602, Level = LogLevel.Information, Message = "The {What} {Name} was deleted")]
    private partial void LogDeleted(string what, string name);
}
