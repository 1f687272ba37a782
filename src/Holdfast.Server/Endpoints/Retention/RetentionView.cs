using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Node.Retention;

namespace Holdfast.Server.Endpoints.Retention;

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

    internal static RetentionView Of(RetentionResult run) =>
        new()
        {
            Destination = run.Destination,
            Going = [.. (run.Plan?.Expired ?? []).Select(c => new RetentionChainView(c.Path, c.FullStartTime, c.NewestStartTime))],
            Staying = run.Plan?.Retained.Count ?? 0,
            Brake = run.Plan?.Guard ?? RetentionGuard.None,
            BrakeReason = run.Plan?.GuardReason,
            Deleted = run.Deleted,
            Error = run.Error is null ? null : OperationError.From(run.Error),
        };
}
