using Holdfast.Core.Errors;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Verification;

/// <summary>
/// The queue as <see cref="VerificationScheduler"/> needs it. An interface, so that a test of the scheduler needs no backups that
/// are queued for days.
/// </summary>
public interface IVerificationQueue
{
    /// <summary>Whether a backup is queued, so that no scheduled verification may start.</summary>
    bool HasQueuedBackups { get; }

    /// <summary>Queues a verification that is due by schedule.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> while the node shuts down.</exception>
    RunningOperation EnqueueDue(VerifyJob job);
}
