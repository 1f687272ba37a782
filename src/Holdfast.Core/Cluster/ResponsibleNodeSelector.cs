using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Cluster;

/// <summary>Decides which node of a database group runs a task: a pure rule, so that every leader decides alike.</summary>
public static class ResponsibleNodeSelector
{
    /// <summary>How long a node may be away before its tasks move, where nothing else is set.</summary>
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The tag of the node that should run <paramref name="task"/>; null where none can. The preferred node while it is
    /// live, else the present one; that is kept while it is away
    /// for less than <paramref name="grace"/>, and for as long as there is no other. Else one of the live nodes,
    /// replicas before the primary, by a hash that moves no more tasks than it must.
    /// </summary>
    /// <param name="task">The task; its id, database and preferred node count.</param>
    /// <param name="present">Who runs it now; null for nobody. One that has left the group loses it at once.</param>
    /// <param name="group">The nodes of the database's group.</param>
    /// <param name="now">The time now.</param>
    /// <param name="grace">How long a node may be away.</param>
    public static string? Select(
        BackupTask task,
        Assignment? present,
        IReadOnlyCollection<GroupMember> group,
        DateTimeOffset now,
        TimeSpan grace
    )
    {
        if (task.PreferredNode is { } preferred && group.Any(m => m.IsLive && m.Node == preferred))
        {
            return preferred;
        }
        var holder = group.FirstOrDefault(m => m.Node == present?.Node);
        if (holder is not null && (holder.IsLive || IsWithin(grace, holder.Since, now)))
        {
            return holder.Node;
        }

        var live = group.Where(m => m.IsLive).ToList();
        var candidates = live.Exists(m => m.Role == DatabaseRole.Replica) ? live.Where(m => m.Role == DatabaseRole.Replica) : live;
        return candidates.OrderByDescending(m => Weight(task, m.Node)).ThenBy(m => m.Node, StringComparer.Ordinal).FirstOrDefault()?.Node
            ?? holder?.Node;
    }

    // A "since" that lies in the future is of a clock that was wrong; it must not keep a task on a dead node.
    private static bool IsWithin(TimeSpan grace, DateTimeOffset since, DateTimeOffset now) => (now - since).Duration() < grace;

    // The node with the greatest weight wins, so one that goes takes only its own tasks along, and one that comes takes its share of each.
    private static ulong Weight(BackupTask task, string node)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{task.Id}\n{task.Database}\n{node}"), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
