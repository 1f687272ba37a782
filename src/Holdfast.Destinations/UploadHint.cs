namespace Holdfast.Destinations;

/// <summary>What is known about a file before it is written.</summary>
/// <param name="MaxBytes">An upper bound of its size, in bytes; null if unknown. The size of an upload's parts follows from it.</param>
/// <param name="IsClaim">
/// Whether the file claims the name of the files that are published after it: a small file that is created only if the name is free.
/// </param>
public sealed record UploadHint(long? MaxBytes = null, bool IsClaim = false)
{
    /// <summary>A file of unknown size.</summary>
    public static UploadHint None { get; } = new();

    /// <summary>A small file that claims a name.</summary>
    public static UploadHint Claim { get; } = new(null, IsClaim: true);
}
