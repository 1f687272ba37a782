using Holdfast.Core.Alerts;

namespace Holdfast.Api.Alerts;

/// <summary>The body of a webhook request.</summary>
/// <param name="Node">Tag of the node that sends it.</param>
/// <param name="Time">When it was created.</param>
/// <param name="Raised">New alerts; in the first request after the server started, all active alerts.</param>
/// <param name="Ended">Alerts that have ended.</param>
/// <param name="Lost">Number of alerts dropped since the last successful request, because too many were waiting.</param>
public sealed record AlertNotification(string Node, DateTimeOffset Time, IReadOnlyList<Alert> Raised, IReadOnlyList<Alert> Ended, int Lost);
