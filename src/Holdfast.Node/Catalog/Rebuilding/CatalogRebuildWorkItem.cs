using Holdfast.Core.Operations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>A rebuilding of the catalog in the queue.</summary>
/// <param name="job">What is asked for.</param>
/// <param name="executor">Runs it.</param>
internal sealed class CatalogRebuildWorkItem(CatalogRebuildJob job, CatalogRebuildOperation executor) : OperationWorkItem
{
    /// <inheritdoc/>
    public override string Key { get; } = $"rebuild {job.Destination}";

    /// <inheritdoc/>
    public override JobLane Lane => JobLane.Rebuild;

    /// <inheritdoc/>
    public override string Group => "rebuilds";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Destinations => [job.Destination];

    /// <inheritdoc/>
    public override RunningOperation CreateOperation(OperationStore operations, string? askedBy) =>
        operations.Add(OperationKind.RebuildCatalog, job.Destination, askedBy, new() { KeysGiven = job.Keys.Count > 0 });

    /// <inheritdoc/>
    public override Task RunAsync(RunningOperation operation, Action written) => executor.RunAsync(job, operation);
}
