using Grpc.Core;
using Holdfast.Core.Errors;

namespace Holdfast.State.Etcd;

/// <summary>Creates the failures of a state in etcd.</summary>
internal static class EtcdFailure
{
    /// <summary>Creates the failure of a call.</summary>
    /// <param name="endpoint">The member that was asked last.</param>
    /// <param name="cause">What the call threw.</param>
    /// <param name="mayBeApplied">Whether the call was a change, which may have been applied nevertheless.</param>
    public static HoldfastException Of(Uri endpoint, Exception cause, bool mayBeApplied)
    {
        if (cause is HoldfastException known)
        {
            return known;
        }
        var status = (cause as RpcException)?.Status;
        var reason = status is { } s ? Describe(s) : $"{cause.GetType().Name}: {cause.Message}";
        return status?.StatusCode switch
        {
            StatusCode.ResourceExhausted when reason.Contains("space", StringComparison.OrdinalIgnoreCase) => new(
                ErrorCatalog.StateFull,
                $"etcd at {endpoint} accepts no change: {reason}.",
                "Compact and defragment it, or raise its quota, then clear the alarm: etcdctl alarm disarm.",
                cause
            ),
            StatusCode.Unauthenticated or StatusCode.PermissionDenied => new(
                ErrorCatalog.StateUnavailable,
                $"etcd at {endpoint} refuses this node: {reason}.",
                "Check the user, the password file and the role of the user.",
                cause
            ),
            _ => new(
                ErrorCatalog.StateUnavailable,
                $"etcd at {endpoint} cannot be used: {reason}." + (mayBeApplied ? " Whether the change was stored is not known." : ""),
                "More than half of its members must run and be reachable: etcdctl endpoint status --cluster.",
                cause
            ),
        };
    }

    /// <summary>Creates the failure of a change that is too large for etcd.</summary>
    public static ArgumentException OfTooLarge(RpcException cause) =>
        new($"The transaction is larger than etcd accepts: {cause.Status.Detail}.", cause);

    /// <summary>Creates the failure of a closed store.</summary>
    public static HoldfastException OfClosed() =>
        new(
            ErrorCatalog.StateUnavailable,
            "The connection to etcd has been closed.",
            "Holdfast is stopping: retry when it is running again."
        );

    /// <summary>Creates the failure of a change whose lease has ended.</summary>
    public static HoldfastException OfEndedLease(Exception cause) =>
        new(ErrorCatalog.NotAllowed, "The lease of a change has ended.", "Request a new lease.", cause);

    /// <summary>Creates the failure of members that only give answers older than what this node has seen.</summary>
    public static HoldfastException OfOldAnswers(Uri endpoint, long revision, long seen) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"etcd at {endpoint} answers with revision {revision}, but this node has already seen revision {seen}.",
            "A member that was paused can do so for a moment. If it lasts, etcd was restored from a backup: check the state, then "
                + "restart the nodes."
        );

    /// <summary>Creates the failure of a member that belongs to another etcd.</summary>
    public static HoldfastException OfOtherCluster(Uri endpoint, ulong cluster, ulong expected) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"etcd at {endpoint} has the cluster id {cluster:x}, the members asked before have {expected:x}.",
            "All endpoints must be members of one etcd cluster. If it was set up anew, restart the nodes."
        );

    /// <summary>The text of a status, without what the client adds.</summary>
    private static string Describe(Status status)
    {
        var detail = status.Detail.Replace("etcdserver: ", "", StringComparison.Ordinal).TrimEnd('.');
        return status.StatusCode == StatusCode.DeadlineExceeded ? "no answer in time"
            : detail.Length == 0 ? status.StatusCode.ToString()
            : detail;
    }
}
