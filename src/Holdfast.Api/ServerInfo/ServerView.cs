namespace Holdfast.Api.ServerInfo;

/// <summary>The server, as its operator configured it.</summary>
/// <param name="Version">Version of the server.</param>
/// <param name="Node">Tag of its node.</param>
/// <param name="LocalRoots">Folders below which local destinations are allowed.</param>
/// <param name="Webhook">Status of the alerts that are sent to the webhook.</param>
/// <param name="Heartbeat">Status of the heartbeat.</param>
public sealed record ServerView(
    string Version,
    string Node,
    IReadOnlyList<string> LocalRoots,
    DeliveryView Webhook,
    DeliveryView Heartbeat
);
