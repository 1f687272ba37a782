namespace Holdfast.Server.Endpoints;

/// <summary>Alerts that an operator has taken note of, and that stand no longer for that.</summary>
public sealed record AcknowledgeRequest
{
    /// <summary>Their keys. Only alerts of kind <c>BackupsMissing</c> can be acknowledged: every other goes with its reason.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
