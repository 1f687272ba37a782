namespace Holdfast.Api.Sources;

/// <summary>What was left out when a source was looked at last, and why.</summary>
/// <param name="Counts">
/// How many files, by reason: <c>LooksEncrypted</c>, <c>NotADatabase</c>, <c>Empty</c>, <c>SideFile</c>,
/// <c>OwnFile</c>, <c>Link</c>, <c>HardLink</c>, <c>Special</c>, <c>Unreadable</c>, <c>Excluded</c>.
/// </param>
/// <param name="Items">The first 100 of each reason.</param>
public sealed record SkippedFilesView(IReadOnlyDictionary<string, int> Counts, IReadOnlyList<SkippedFileView> Items);
