namespace Holdfast.Api.Retention;

/// <summary>A request to delete expired chains that an operator has reviewed.</summary>
/// <param name="Chains">
/// Paths of the chains as they were shown, by the name of their destination. Only these are deleted, and only if they
/// are still expired.
/// </param>
public sealed record RetentionApprovalRequest(IReadOnlyDictionary<string, IReadOnlyList<string>> Chains);
