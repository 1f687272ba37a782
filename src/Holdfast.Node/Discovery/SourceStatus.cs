using Holdfast.Core.Operations;
using Holdfast.Engines.Discovery;

namespace Holdfast.Node.Discovery;

/// <summary>The result of the last discovery of a source.</summary>
/// <param name="CompletedAt">When it ended; null before the first has ended.</param>
/// <param name="Databases">Number of databases that it found.</param>
/// <param name="Problem">Why it failed, or why the source is not used; null if neither. The records of the databases are kept.</param>
public sealed record SourceStatus(DateTimeOffset? CompletedAt, int Databases, OperationError? Problem)
{
    /// <summary>When the first of the consecutive failures up to the last discovery ended; null if the last one succeeded.</summary>
    public DateTimeOffset? ProblemSince { get; init; }

    /// <summary>When the running discovery started; null if none is running.</summary>
    public DateTimeOffset? DiscoveryStarted { get; init; }

    /// <summary>The files that discovery skipped.</summary>
    public SkippedFiles SkippedFiles { get; init; } = SkippedFiles.None;

    /// <summary>Identity of the source at the last discovery; null if it has none, or did not answer.</summary>
    public string? Identity { get; init; }

    /// <summary>Location of the source, which weakly identifies it if it has no identity; null if its engine has none.</summary>
    public string? Location { get; init; }
}
