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
            Going =
            [
                .. (run.Plan?.Expired ?? []).Select(c => new RetentionChainView(c.Path, c.FullStartTime, c.NewestStartTime)
                {
                    Expiring = c.IsExpiring,
                }),
            ],
            Staying = run.Plan?.Retained.Count ?? 0,
            Brake = run.IsLeftToBucket ? RetentionGuard.None : run.Plan?.Guard ?? RetentionGuard.None,
            BrakeReason = run.IsLeftToBucket ? null : run.Plan?.GuardReason,
            LeftToBucket = run.IsLeftToBucket,
            NotDeleted = [.. run.Failures.Select(f => new UndeletedFileView(f.Path, OperationError.From(f.Error)))],
            Deleted = run.Deleted,
            Error = run.Error is null ? null : OperationError.From(run.Error),
        };
}
