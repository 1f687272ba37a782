namespace Holdfast.Server.Notifications;

/// <summary>How calls to an address outside stand.</summary>
/// <param name="isConfigured">Whether there is such an address.</param>
public sealed class DeliveryStatus(bool isConfigured)
{
    /// <summary>Whether there is such an address.</summary>
    public bool IsConfigured => isConfigured;

    /// <summary>When a call was taken last, since the server was started; null for never.</summary>
    public DateTimeOffset? LastDelivered { get; private set; }

    /// <summary>Why the last call failed; null where it did not.</summary>
    public string? Problem { get; private set; }

    internal void MarkDelivered(DateTimeOffset at) => (LastDelivered, Problem) = (at, null);

    internal void MarkFailed(string problem) => Problem = problem;
}
