using Holdfast.Api.Retention;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Node.Retention;

namespace Holdfast.Server.Endpoints.Retention;

/// <summary>Converts the result of retention at one destination to its view.</summary>
internal static class RetentionMapper
{
    public static RetentionView ToView(RetentionResult run) =>
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
