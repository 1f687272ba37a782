namespace Holdfast.Destinations;

/// <summary>A file or folder at a destination.</summary>
/// <param name="Name">Its name within its folder.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="Length">Size of a file in bytes; 0 for a folder.</param>
public sealed record DestinationEntry(string Name, bool IsFolder, long Length);
