namespace Holdfast.Api.Sources;

/// <summary>A file that was left out.</summary>
/// <param name="Name">Its name within the source.</param>
/// <param name="Reason">Why; see <see cref="SkippedFilesView"/>.</param>
/// <param name="Detail">More about it; null where the reason says it all.</param>
public sealed record SkippedFileView(string Name, string Reason, string? Detail);
