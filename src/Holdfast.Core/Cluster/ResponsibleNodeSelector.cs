using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Cluster;

/// <summary>Decides which node of a database group runs a task: a pure function, so every leader makes the same decision.</summary>
public static class ResponsibleNodeSelector
{
    /// <summary>Default time that a node may be unavailable before its tasks move.</summary>
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Returns the tag of the node that should run <paramref name="task"/>; null if none can. This is the preferred node while it is live,
    /// otherwise the current one, which keeps the task while it is unavailable for less than <paramref name="grace"/> or while no other
    /// node is live. Otherwise it is a live node, replicas before the primary, chosen by a rendezvous hash, which moves as few tasks as
    /// possible.
    /// </summary>
    /// <param name="task">The task; its id, database and preferred node are used.</param>
    /// <param name="current">The current assignment; null if there is none. A node that has left the group loses the task at once.</param>
    /// <param name="group">The nodes of the database's group.</param>
    /// <param name="now">The current time.</param>
    /// <param name="grace">How long a node may be unavailable.</param>
    public static string? Select(
        BackupTask task,
        Assignment? current,
        IReadOnlyCollection<GroupMember> group,
        DateTimeOffset now,
        TimeSpan grace
    )
    {
        if (task.PreferredNode is { } preferred && group.Any(m => m.IsLive && m.Node == preferred))
        {
            return preferred;
        }
        var holder = group.FirstOrDefault(m => m.Node == current?.Node);
        if (holder is not null && (holder.IsLive || IsWithin(grace, holder.Since, now)))
        {
            return holder.Node;
        }

        var live = group.Where(m => m.IsLive).ToList();
        var candidates = live.Exists(m => m.Role == DatabaseRole.Replica) ? live.Where(m => m.Role == DatabaseRole.Replica) : live;
        return candidates.OrderByDescending(m => Weight(task, m.Node)).ThenBy(m => m.Node, StringComparer.Ordinal).FirstOrDefault()?.Node
            ?? holder?.Node;
    }

    // A "since" in the future comes from a wrong clock; it must not keep a task on a dead node.
    private static bool IsWithin(TimeSpan grace, DateTimeOffset since, DateTimeOffset now) => (now - since).Duration() < grace;

    // The node with the greatest weight wins (rendezvous hashing), so a node that leaves moves only its own tasks, and one that joins takes
    // a share of each node's.
    private static ulong Weight(BackupTask task, string node)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{task.Id}\n{task.Database}\n{node}"), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
