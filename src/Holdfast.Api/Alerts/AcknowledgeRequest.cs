namespace Holdfast.Api.Alerts;

/// <summary>Alerts that an operator has taken note of, and that stand no longer for that.</summary>
public sealed record AcknowledgeRequest
{
    /// <summary>
    /// Their keys. Only alerts of the kinds <c>BackupsMissing</c> and <c>RestoreRoleChanged</c> can be acknowledged:
    /// every other goes with its reason.
    /// </summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}
