using Holdfast.Core.Operations;

namespace Holdfast.Api.Destinations;

/// <summary>The progress or the result of rebuilding the server's catalog from a destination.</summary>
public sealed record CatalogRebuildView
{
    /// <summary>When it was started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it is running.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Number of databases so far.</summary>
    public required int Databases { get; init; }

    /// <summary>Number of archives so far.</summary>
    public required int Archives { get; init; }

    /// <summary>
    /// Number of those whose ids are known now. Of the others only names and lengths are, until they are verified with their keys.
    /// </summary>
    public required int Identified { get; init; }

    /// <summary>Number of folders and archives with a problem.</summary>
    public required int ProblemCount { get; init; }

    /// <summary>The first problems, at most 20.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Why it failed; null if it has not.</summary>
    public OperationError? Error { get; init; }
}
