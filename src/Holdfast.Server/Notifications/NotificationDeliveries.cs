using Holdfast.Server.Configuration;

namespace Holdfast.Server.Notifications;

/// <summary>How notifications stand.</summary>
/// <param name="config">Says which there are.</param>
public sealed class NotificationDeliveries(ServerConfig config)
{
    /// <summary>Alerts to the webhook.</summary>
    public DeliveryStatus Webhook { get; } = new(config.Webhook is not null);

    /// <summary>The heartbeat.</summary>
    public DeliveryStatus Heartbeat { get; } = new(config.Heartbeat is not null);
}
