namespace Holdfast.Api.Retention;

/// <summary>What an operator has seen and lets go.</summary>
/// <param name="Chains">
/// Paths of chains, by the name of their destination: as they were shown. Nothing else is deleted, and of these only
/// what is still past its time.
/// </param>
public sealed record RetentionApprovalRequest(IReadOnlyDictionary<string, IReadOnlyList<string>> Chains);
