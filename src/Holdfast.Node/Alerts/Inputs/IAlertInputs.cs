using Holdfast.Core.Alerts;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>
/// What the alert rules evaluate of one area of the node. It gets the monitor by a call, not in its constructor, because the
/// monitor itself depends on all inputs.
/// </summary>
public interface IAlertInputs
{
    /// <summary>Invalidates the alerts from now on whenever something changes that the rules evaluate.</summary>
    void Subscribe(AlertMonitor alerts);

    /// <summary>Adds what the rules evaluate, as it is now.</summary>
    AlertSnapshot AddTo(AlertSnapshot snapshot);
}
