using Holdfast.Api.Sources;
using Holdfast.Engines;

namespace Holdfast.Server.Endpoints.Sources;

/// <summary>Shows the files that a discovery skipped.</summary>
public static class SkippedFilesMapper
{
    /// <summary>Counts by reason, in the order of the reasons, and the files.</summary>
    public static SkippedFilesView ToView(SkippedFiles skipped) =>
        new(
            skipped.Counts.OrderBy(c => c.Key).ToDictionary(c => c.Key.ToString(), c => c.Value),
            [.. skipped.Files.Select(f => new SkippedFileView(f.Name, f.Reason.ToString(), f.Detail))]
        );
}
