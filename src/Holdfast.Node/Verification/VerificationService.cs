using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Verification;

/// <summary>Queues verifications, which read every byte of a database's chains.</summary>
/// <param name="finder">Finds backups.</param>
/// <param name="operation">Runs verifications.</param>
/// <param name="queue">The queue of all operations.</param>
public sealed class VerificationService(BackupFinder finder, VerifyOperation operation, OperationQueue queue) : IVerificationQueue
{
    /// <inheritdoc/>
    public bool HasQueuedBackups => queue.Backups.Waiting > 0;

    /// <summary>Queues a verification that an operator requests.</summary>
    /// <param name="job">The verification.</param>
    /// <param name="askedBy">The requesting user.</param>
    /// <param name="cancellationToken">Stops the validation.</param>
    /// <exception cref="HoldfastException">The location is not allowed, or the node shuts down.</exception>
    public async Task<RunningOperation> VerifyAsync(VerifyJob job, string askedBy, CancellationToken cancellationToken)
    {
        await finder.ValidateAsync(job.From, cancellationToken);
        return queue.Add(new VerifyWorkItem(job, operation), askedBy, out _);
    }

    /// <inheritdoc/>
    public RunningOperation EnqueueDue(VerifyJob job) => queue.Add(new VerifyWorkItem(job, operation), null, out _);
}
