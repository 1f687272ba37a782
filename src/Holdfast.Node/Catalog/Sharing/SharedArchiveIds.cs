namespace Holdfast.Node.Catalog.Sharing;

/// <summary>What identifies an archive.</summary>
/// <param name="Name">File name.</param>
/// <param name="Id">Its id.</param>
/// <param name="Parent">Id of the archive that it builds on; null for a full one.</param>
/// <param name="Manifest">SHA-256 of its manifest, Base64; null if unknown.</param>
/// <param name="Started">Start time of the backup; null if unknown.</param>
public sealed record SharedArchiveIds(string Name, string Id, string? Parent, string? Manifest, DateTimeOffset? Started);
