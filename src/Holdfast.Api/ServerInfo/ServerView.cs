namespace Holdfast.Api.ServerInfo;

/// <summary>The server that answers, as its operator configured it.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Node">Tag of its node.</param>
/// <param name="LocalRoots">Folders under which local destinations may lie.</param>
/// <param name="Webhook">How alerts to the webhook stand.</param>
/// <param name="Heartbeat">How the heartbeat stands.</param>
public sealed record ServerView(
    string Version,
    string Node,
    IReadOnlyList<string> LocalRoots,
    DeliveryView Webhook,
    DeliveryView Heartbeat
);
