namespace Holdfast.Node.Catalog.Sharing;

/// <summary>A chain in a <see cref="SharedCatalog"/>.</summary>
public sealed record SharedChain
{
    /// <summary>Name of its folder.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its archives, the oldest first.</summary>
    public IReadOnlyList<SharedArchive> Archives { get; init; } = [];

    /// <summary>The ids of its archives, if the chain is not encrypted; otherwise null.</summary>
    public SharedChainIds? Ids { get; init; }

    /// <summary>
    /// The same in JSON as an age file, encrypted as the chain's indexes are; null if the chain is not encrypted, or its ids are unknown.
    /// </summary>
    public byte[]? Sealed { get; init; }

    /// <summary>The same, with hashes and ids that it lacks and that another description of the chain has.</summary>
    internal SharedChain AddFrom(SharedChain other)
    {
        var archives = other.Archives.DistinctBy(a => a.Name, StringComparer.Ordinal).ToDictionary(a => a.Name, StringComparer.Ordinal);
        return this with
        {
            Archives = [.. Archives.Select(a => archives.TryGetValue(a.Name, out var known) ? a.AddFrom(known) : a)],
            Ids = Ids is null && Sealed is null ? other.Ids : Ids,
            Sealed = Ids is null && Sealed is null ? other.Sealed : Sealed,
        };
    }
}
