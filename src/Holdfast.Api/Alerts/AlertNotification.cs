using Holdfast.Core.Alerts;

namespace Holdfast.Api.Alerts;

/// <summary>What the webhook is sent.</summary>
/// <param name="Node">Tag of the node that sends it.</param>
/// <param name="Time">When it was put together.</param>
/// <param name="Raised">Alerts that are new; after a start of the server all that stand.</param>
/// <param name="Ended">Alerts that stand no longer.</param>
/// <param name="Lost">Alerts that had to be left out since the last call that was taken, for too many waited.</param>
public sealed record AlertNotification(string Node, DateTimeOffset Time, IReadOnlyList<Alert> Raised, IReadOnlyList<Alert> Ended, int Lost);
