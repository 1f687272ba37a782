using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Use of an opened destination by one user. Disposing the lease releases the destination, which is closed when its last lease
/// ends.
/// </summary>
internal sealed class DestinationLease(IDestination opened, Func<ValueTask> release) : DelegatingDestination(opened)
{
    private int _isReleased;

    protected override ValueTask CloseAsync() => Interlocked.Exchange(ref _isReleased, 1) == 0 ? release() : ValueTask.CompletedTask;
}
