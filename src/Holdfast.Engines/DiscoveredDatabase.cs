using Holdfast.Core.Errors;

namespace Holdfast.Engines;

/// <summary>A database that discovery found.</summary>
/// <param name="Name">Name within its source.</param>
/// <param name="SizeBytes">Bytes on disk, write-ahead log included.</param>
/// <param name="Encryption">Whether it is encrypted.</param>
public sealed record DiscoveredDatabase(string Name, long SizeBytes, EncryptionState Encryption)
{
    /// <summary>
    /// Stays the same when the database is renamed, and is no other's at the same time; null where the engine cannot
    /// tell.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>Why it cannot be read; null where it can.</summary>
    public HoldfastException? Problem { get; init; }
}
