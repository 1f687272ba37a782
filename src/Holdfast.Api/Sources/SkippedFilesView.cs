namespace Holdfast.Api.Sources;

/// <summary>The files that the last discovery of a source skipped, and why.</summary>
/// <param name="Counts">
/// Number of files by reason: <c>LooksEncrypted</c>, <c>NotADatabase</c>, <c>Empty</c>, <c>SideFile</c>,
/// <c>OwnFile</c>, <c>Link</c>, <c>HardLink</c>, <c>Special</c>, <c>Unreadable</c>, <c>Excluded</c>.
/// </param>
/// <param name="Items">The first 100 files of each reason.</param>
public sealed record SkippedFilesView(IReadOnlyDictionary<string, int> Counts, IReadOnlyList<SkippedFileView> Items);
