using Holdfast.Core.Alerts;

namespace Holdfast.Api.Events;

/// <summary>A change of an alert.</summary>
/// <param name="State"><c>Raised</c>, <c>Altered</c> or <c>Ended</c>.</param>
/// <param name="Alert">The alert.</param>
public sealed record AlertEvent(string State, Alert Alert);
