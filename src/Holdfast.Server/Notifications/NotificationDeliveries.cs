using Holdfast.Server.Configuration;

namespace Holdfast.Server.Notifications;

/// <summary>Status of notifications.</summary>
/// <param name="config">The configuration with their addresses.</param>
public sealed class NotificationDeliveries(ServerConfig config)
{
    /// <summary>Alerts to the webhook.</summary>
    public DeliveryStatus Webhook { get; } = new(config.Webhook is not null);

    /// <summary>The heartbeat.</summary>
    public DeliveryStatus Heartbeat { get; } = new(config.Heartbeat is not null);
}
