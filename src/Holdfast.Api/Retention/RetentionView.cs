using Holdfast.Core.Operations;
using Holdfast.Core.Retention;

namespace Holdfast.Api.Retention;

/// <summary>Retention of a task at one destination.</summary>
public sealed record RetentionView
{
    /// <summary>The destination.</summary>
    public required string Destination { get; init; }

    /// <summary>Chains that are past their time and still there, oldest first.</summary>
    public required IReadOnlyList<RetentionChainView> Going { get; init; }

    /// <summary>Number of chains that stay.</summary>
    public required int Staying { get; init; }

    /// <summary>Why what goes waits for approval.</summary>
    public required RetentionGuard Brake { get; init; }

    /// <summary>The same in words; null for no brake.</summary>
    public string? BrakeReason { get; init; }

    /// <summary>Paths of the chains that this call has deleted.</summary>
    public required IReadOnlyList<string> Deleted { get; init; }

    /// <summary>What went wrong; null where nothing did.</summary>
    public OperationError? Error { get; init; }
}
