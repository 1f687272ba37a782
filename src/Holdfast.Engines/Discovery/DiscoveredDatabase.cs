using Holdfast.Core.Errors;

namespace Holdfast.Engines.Discovery;

/// <summary>A database that discovery found.</summary>
/// <param name="Name">Name within its source.</param>
/// <param name="SizeBytes">Size on disk in bytes, including the write-ahead log.</param>
/// <param name="Encryption">Whether it is encrypted.</param>
public sealed record DiscoveredDatabase(string Name, long SizeBytes, EncryptionState Encryption)
{
    /// <summary>Identity that survives renames and is unique at any time; null if the engine has none.</summary>
    public string? Identity { get; init; }

    /// <summary>Why it cannot be read; null if it can.</summary>
    public HoldfastException? Problem { get; init; }
}
