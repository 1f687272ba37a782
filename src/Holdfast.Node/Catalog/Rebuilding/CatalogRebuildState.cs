using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>The progress or the result of rebuilding the catalog from one destination.</summary>
public sealed record CatalogRebuildState
{
    /// <summary>When it was started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it is running.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Number of databases so far.</summary>
    public int Databases { get; init; }

    /// <summary>Number of archives so far.</summary>
    public int Archives { get; init; }

    /// <summary>
    /// Number of those whose ids are known now; of the others only names and lengths, until they are verified with their keys.
    /// </summary>
    public int Identified { get; init; }

    /// <summary>The first folders and archives with a problem, with the reasons.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Number of folders and archives with a problem.</summary>
    public int ProblemCount { get; init; }

    /// <summary>Why it failed; null if it has not.</summary>
    public HoldfastException? Error { get; init; }
}
