namespace Holdfast.Core.Alerts;

/// <summary>How much an alert matters.</summary>
public enum AlertSeverity
{
    /// <summary>Somebody decided so; it is told lest it be forgotten.</summary>
    Info,

    /// <summary>Nothing is lost yet.</summary>
    Warning,

    /// <summary>A backup that should be there is not, or will not be.</summary>
    Error,
}
