namespace Holdfast.Node.Retention;

/// <summary>The chains of one task at one destination whose deletion has begun and not ended.</summary>
public sealed record ExpiringChainList
{
    /// <summary>The chains, in the order of their deletion.</summary>
    public required IReadOnlyList<ExpiringChain> Chains { get; init; }
}
