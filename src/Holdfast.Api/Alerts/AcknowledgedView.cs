namespace Holdfast.Api.Alerts;

/// <summary>What was acknowledged.</summary>
/// <param name="Archives">How many missing archives the alerts were about.</param>
/// <param name="Alerts">How many alerts that were.</param>
public sealed record AcknowledgedView(int Archives, int Alerts);
