namespace Holdfast.State;

/// <summary>Changes that are applied together if all conditions hold.</summary>
public sealed record StateTransaction
{
    /// <summary>What must hold. None means always.</summary>
    public IReadOnlyList<StateCondition> Conditions { get; init; } = [];

    /// <summary>What is changed; a key at most once.</summary>
    public required IReadOnlyList<StateChange> Changes { get; init; }
}
