namespace Holdfast.State;

/// <summary>A lease that is renewed until it is disposed.</summary>
public interface IStateLease : IAsyncDisposable
{
    /// <summary>Its id, for <see cref="StateChange.Lease"/>. Never 0.</summary>
    long Id { get; }

    /// <summary>Cancelled when the lease has ended: work that depends on it must stop.</summary>
    CancellationToken Lost { get; }
}
