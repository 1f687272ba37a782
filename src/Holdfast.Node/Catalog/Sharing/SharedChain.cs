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
}

/// <summary>An archive in a <see cref="SharedCatalog"/>: what its listing shows, and hashes of the stored bytes.</summary>
/// <param name="Name">File name.</param>
/// <param name="Length">Length of the file, in bytes.</param>
/// <param name="Sha256">SHA-256 of the file, Base64; null if unknown.</param>
/// <param name="IndexLength">Length of its index, in bytes; null if unknown.</param>
/// <param name="IndexSha256">SHA-256 of its index, Base64; null if unknown.</param>
public sealed record SharedArchive(string Name, long Length, string? Sha256, long? IndexLength, string? IndexSha256);

/// <summary>The ids of a chain's archives.</summary>
/// <param name="Chain">Id of the chain.</param>
/// <param name="Database">The database: <c>source/name</c>.</param>
/// <param name="Archives">Its archives, the oldest first.</param>
public sealed record SharedChainIds(string Chain, string Database, IReadOnlyList<SharedArchiveIds> Archives);

/// <summary>What identifies an archive.</summary>
/// <param name="Name">File name.</param>
/// <param name="Id">Its id.</param>
/// <param name="Parent">Id of the archive that it builds on; null for a full one.</param>
/// <param name="Manifest">SHA-256 of its manifest, Base64; null if unknown.</param>
/// <param name="Started">Start time of the backup; null if unknown.</param>
public sealed record SharedArchiveIds(string Name, string Id, string? Parent, string? Manifest, DateTimeOffset? Started);
