using Holdfast.Server.Configuration;

namespace Holdfast.Server.Alerts;

/// <summary>How notifications stand.</summary>
/// <param name="config">Says which there are.</param>
public sealed class Deliveries(ServerConfig config)
{
    /// <summary>Alerts to the webhook.</summary>
    public Delivery Webhook { get; } = new(config.Webhook is not null);

    /// <summary>The heartbeat.</summary>
    public Delivery Heartbeat { get; } = new(config.Heartbeat is not null);
}
