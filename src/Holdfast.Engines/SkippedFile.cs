namespace Holdfast.Engines;

/// <summary>A file that discovery left out.</summary>
/// <param name="Name">Its name within the source.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">More about it, for people; null where the reason says it all.</param>
public sealed record SkippedFile(string Name, SkipReason Reason, string? Detail);
