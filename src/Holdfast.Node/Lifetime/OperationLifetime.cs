using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Runs;

namespace Holdfast.Node.Lifetime;

/// <summary>Takes operations over from the server before this one, and stops them.</summary>
/// <param name="recovery">Cleans up after a crash.</param>
/// <param name="resumer">Resumes queued operations.</param>
/// <param name="queue">The queue.</param>
/// <param name="runs">The runs of server-wide backup tasks.</param>
public sealed class OperationLifetime(CrashRecovery recovery, QueuedOperationResumer resumer, OperationQueue queue, RunRegistry runs)
{
    /// <summary>Done when the files of interrupted backups are removed, or the node stops.</summary>
    public Task Cleaning => recovery.Cleaning;

    /// <summary>Ends the operations that a crash interrupted.</summary>
    public void EndInterrupted(bool ofAllNodes) => recovery.EndInterrupted(ofAllNodes);

    /// <summary>Resumes the operations that were queued.</summary>
    public void ResumeQueued(bool ofAllNodes) => resumer.ResumeAll(ofAllNodes);

    /// <summary>Starts to remove the files of interrupted backups in the background.</summary>
    public void StartCleaning() => recovery.StartCleaning();

    /// <summary>
    /// Gives running operations the grace time, then interrupts them. Interrupted backups, and all that are queued, run at the next
    /// start.
    /// </summary>
    public Task StopAsync() => queue.StopAsync();

    /// <summary>Hands the runs to the state as they are now.</summary>
    public void StoreRuns() => runs.Store();
}
