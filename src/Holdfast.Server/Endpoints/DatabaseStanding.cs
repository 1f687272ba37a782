using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;

namespace Holdfast.Server.Endpoints;

/// <summary>How a database stands: what lists filter and order by.</summary>
internal sealed record DatabaseStanding(string Key, DatabaseRecord Record, IReadOnlyList<BackupTask> Tasks, string State, long SizeBytes, DateTimeOffset? LastBackup, DateTimeOffset? NextBackup)
{
    public static DatabaseStanding Of(HoldfastNode node, DatabaseRecord record, IReadOnlyList<BackupTask> all, DateTimeOffset now)
    {
        var (running, failing, overdue) = (0, false, false);
        DateTimeOffset? last = null, next = null;
        foreach (var task in all)
        {
            if (!task.Settings.Runs) continue;
            running++;
            var status = node.StatusOf(task.Id);
            failing |= status.LastState is OperationState.Failed or OperationState.CompletedWithErrors;
            if (last is null || status.LastSuccess > last) last = status.LastSuccess;
            var due = node.NextOf(task.Id)?.At;
            overdue |= now - due > Views.Late;
            if (next is null || due < next) next = due;
        }

        var state = record.Dropped is not null ? "Dropped"
            : record.Problem is not null ? "Unreadable"
            : running == 0 ? "Uncovered"
            : failing ? "Failing"
            : overdue ? "Overdue"
            : last is null ? "Waiting"
            : "Covered";
        var size = node.FindSource(record.Id.Source)?.Find(record.Id.Name)?.SizeBytes ?? record.SizeBytes;
        return new(record.Id.ToString(), record, all, state, size, last, next);
    }
}
