using Holdfast.Api.Sources;
using Holdfast.Engines.Discovery;

namespace Holdfast.Server.Endpoints.Sources;

/// <summary>Converts the files that a discovery skipped to their view.</summary>
public static class SkippedFilesMapper
{
    /// <summary>Creates the view, with the counts in the order of the reasons.</summary>
    public static SkippedFilesView ToView(SkippedFiles skipped) =>
        new(
            skipped.Counts.OrderBy(c => c.Key).ToDictionary(c => c.Key.ToString(), c => c.Value),
            [.. skipped.Files.Select(f => new SkippedFileView(f.Name, f.Reason.ToString(), f.Detail))]
        );
}
