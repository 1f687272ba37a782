namespace Holdfast.Engines.Discovery;

/// <summary>A file that discovery skipped.</summary>
/// <param name="Name">Its name within the source.</param>
/// <param name="Reason">Why it was skipped.</param>
/// <param name="Detail">Details for people; null if the reason is sufficient.</param>
public sealed record SkippedFile(string Name, SkipReason Reason, string? Detail);
