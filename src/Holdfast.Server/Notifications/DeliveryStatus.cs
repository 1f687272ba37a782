namespace Holdfast.Server.Notifications;

/// <summary>Status of the requests to an external address.</summary>
/// <param name="isConfigured">Whether the configuration has the address.</param>
public sealed class DeliveryStatus(bool isConfigured)
{
    /// <summary>Whether the configuration has the address.</summary>
    public bool IsConfigured => isConfigured;

    /// <summary>When the last request succeeded since the server was started; null for never.</summary>
    public DateTimeOffset? LastDelivered { get; private set; }

    /// <summary>Why the last request failed; null if it did not.</summary>
    public string? Problem { get; private set; }

    internal void MarkDelivered(DateTimeOffset at) => (LastDelivered, Problem) = (at, null);

    internal void MarkFailed(string problem) => Problem = problem;
}
