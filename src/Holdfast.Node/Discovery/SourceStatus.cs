using Holdfast.Core.Operations;
using Holdfast.Engines;

namespace Holdfast.Node.Discovery;

/// <summary>What the last look at a source came to.</summary>
/// <param name="CompletedAt">When it ended; null before the first has.</param>
/// <param name="Databases">Databases that were found.</param>
/// <param name="Problem">Why it could not be looked at, or is not used; null where it is. What was known of its databases stands.</param>
public sealed record SourceStatus(DateTimeOffset? CompletedAt, int Databases, OperationError? Problem)
{
    /// <summary>
    /// When the first of the looks ended that all came to a problem, up to the last one; null where the last one did
    /// not.
    /// </summary>
    public DateTimeOffset? ProblemSince { get; init; }

    /// <summary>When the look began that is under way; null while none is.</summary>
    public DateTimeOffset? DiscoveryStarted { get; init; }

    /// <summary>What was left out as databases were looked for.</summary>
    public SkippedFiles SkippedFiles { get; init; } = SkippedFiles.None;

    /// <summary>Identity that the source had when it was looked at last; null where it has none, or could not be asked.</summary>
    public string? Identity { get; init; }

    /// <summary>Its place, where its engine has such a thing: it tells the source weakly where there is no identity.</summary>
    public string? Location { get; init; }
}
