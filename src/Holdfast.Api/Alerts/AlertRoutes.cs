namespace Holdfast.Api.Alerts;

/// <summary>Routes of alerts.</summary>
public static class AlertRoutes
{
    /// <summary>Active alerts.</summary>
    public const string List = "/alerts";

    /// <summary>Acknowledges alerts.</summary>
    public const string Acknowledge = "/alerts/acknowledge";
}
