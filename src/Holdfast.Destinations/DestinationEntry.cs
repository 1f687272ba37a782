namespace Holdfast.Destinations;

/// <summary>A file or folder at a destination.</summary>
/// <param name="Name">Its name within its folder; within the listed folder for a recursive listing, separated by <c>/</c>.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="Length">Size of a file in bytes; 0 for a folder.</param>
public sealed record DestinationEntry(string Name, bool IsFolder, long Length)
{
    /// <summary>When a file was last changed, by the destination's clock; null for a folder.</summary>
    public DateTimeOffset? Modified { get; init; }

    /// <summary>What the destination calls this version of a file that was searched for; null if it has no such name.</summary>
    public string? Version { get; init; }

    /// <summary>Whether a file must be brought back from a cold storage class before it can be read.</summary>
    public bool IsCold { get; init; }
}
