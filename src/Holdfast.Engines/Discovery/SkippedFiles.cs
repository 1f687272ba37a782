namespace Holdfast.Engines.Discovery;

/// <summary>The files that a discovery skipped: counts by reason, and the first files of each reason.</summary>
/// <param name="Counts">Number of files by reason.</param>
/// <param name="Files">The first <see cref="MaxListed"/> files of each reason, ordered by name.</param>
public sealed record SkippedFiles(IReadOnlyDictionary<SkipReason, int> Counts, IReadOnlyList<SkippedFile> Files)
{
    /// <summary>Maximum number of listed files for each reason.</summary>
    public const int MaxListed = 100;

    /// <summary>No files were skipped.</summary>
    public static readonly SkippedFiles None = new(new Dictionary<SkipReason, int>(), []);
}
