namespace Holdfast.Core.Alerts;

/// <summary>How serious an alert is.</summary>
public enum AlertSeverity
{
    /// <summary>The result of an operator's decision; shown as a reminder.</summary>
    Info,

    /// <summary>Nothing is lost yet.</summary>
    Warning,

    /// <summary>A backup that should exist does not, or will not.</summary>
    Error,
}
