namespace Holdfast.State;

/// <summary>Changes that are applied together if all conditions hold.</summary>
public sealed record StateTransaction
{
    /// <summary>The conditions. Without any, the transaction is always applied.</summary>
    public IReadOnlyList<StateCondition> Conditions { get; init; } = [];

    /// <summary>The changes; each key at most once.</summary>
    public required IReadOnlyList<StateChange> Changes { get; init; }
}
