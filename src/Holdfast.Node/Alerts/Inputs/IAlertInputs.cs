using Holdfast.Core.Alerts;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>
/// The input of the alert rules from one area of the node. The monitor is passed to a method instead of the constructor, because
/// the monitor itself depends on all inputs.
/// </summary>
public interface IAlertInputs
{
    /// <summary>Starts to invalidate the alerts whenever something changes that the rules evaluate.</summary>
    void Subscribe(AlertMonitor alerts);

    /// <summary>Adds the current input of the rules.</summary>
    AlertSnapshot AddTo(AlertSnapshot snapshot);
}
