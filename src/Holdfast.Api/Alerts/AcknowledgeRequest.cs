namespace Holdfast.Api.Alerts;

/// <summary>Alerts that an operator acknowledges, which ends them.</summary>
public sealed record AcknowledgeRequest
{
    /// <summary>
    /// Keys of the alerts. Only alerts of the kinds <c>BackupsMissing</c> and <c>RestoreRoleChanged</c> can be
    /// acknowledged; every other alert ends when its cause is resolved.
    /// </summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}
