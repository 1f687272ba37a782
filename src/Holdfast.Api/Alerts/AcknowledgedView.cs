namespace Holdfast.Api.Alerts;

/// <summary>The number of acknowledged alerts and archives.</summary>
/// <param name="Archives">Number of missing archives that the alerts reported.</param>
/// <param name="Alerts">Number of acknowledged alerts.</param>
public sealed record AcknowledgedView(int Archives, int Alerts);
