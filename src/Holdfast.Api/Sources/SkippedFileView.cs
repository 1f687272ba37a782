namespace Holdfast.Api.Sources;

/// <summary>A file that discovery skipped.</summary>
/// <param name="Name">Path of the file, relative to the source.</param>
/// <param name="Reason">Why it was skipped; see <see cref="SkippedFilesView"/>.</param>
/// <param name="Detail">Details; null if the reason needs none.</param>
public sealed record SkippedFileView(string Name, string Reason, string? Detail);
