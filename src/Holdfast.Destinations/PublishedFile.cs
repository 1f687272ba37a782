namespace Holdfast.Destinations;

/// <summary>A file that was published, as the destination confirmed it.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Length">Its length, in bytes.</param>
/// <param name="Version">What the destination calls this version of the file, such as an ETag; null if it has no such name.</param>
public sealed record PublishedFile(string Path, long Length, string? Version);
