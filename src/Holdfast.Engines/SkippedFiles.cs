namespace Holdfast.Engines;

/// <summary>What a discovery left out, and why: all of it counted, the first of each reason named.</summary>
/// <param name="Counts">How many files, by reason.</param>
/// <param name="Files">The first <see cref="MaxListed"/> of each reason, in the order of their names.</param>
public sealed record SkippedFiles(IReadOnlyDictionary<SkipReason, int> Counts, IReadOnlyList<SkippedFile> Files)
{
    /// <summary>How many files of one reason are named.</summary>
    public const int MaxListed = 100;

    /// <summary>Nothing was left out.</summary>
    public static readonly SkippedFiles None = new(new Dictionary<SkipReason, int>(), []);
}
