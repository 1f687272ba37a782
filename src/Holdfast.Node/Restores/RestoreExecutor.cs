using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Restores;

/// <summary>Restores one point as a new database, as an operation.</summary>
/// <param name="points">Opens the point.</param>
/// <param name="sources">The sources of this node.</param>
public sealed class RestoreExecutor(PointOpener points, Func<string, SourceMonitor?> sources)
{
    /// <summary>Runs it to its end, whatever that is.</summary>
    public Task RunAsync(RestoreAsk ask, LiveOperation operation) =>
        OperationRun.ToItsEndAsync(operation, async token => (await RestoreAsync(ask, operation, token), null), $"restore of '{ask.Target}'", "Nothing is left of the new database; restore it again.");

    private async Task<OperationResult> RestoreAsync(RestoreAsk ask, LiveOperation operation, CancellationToken cancellationToken)
    {
        var phase = "looking";
        var meter = new RestoreMeter();
        operation.Began(() => (phase, new() { TotalBytes = meter.TotalBytes, DoneBytes = meter.DoneBytes, Items = meter.Items }));
        var monitor = sources(ask.Target.Source) ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"Source '{ask.Target.Source}' is not configured on this node.", "Choose a source of GET /api/v1/sources.");
        await using var opened = await points.OpenAsync(ask.From, ask.Point, ask.Keys, cancellationToken);
        var (found, reader) = (opened.Point, opened.Reader);
        operation.Write($"restoring {found.Archive.Path}");
        phase = "writing";
        var warnings = await RestoreRunner.RunAsync(monitor.Attached.Engine, monitor.Attached.Source, ask.Target.Name, reader, meter, cancellationToken);
        foreach (var warning in warnings) operation.Write(warning);
        await monitor.LookAsync(CancellationToken.None); // covered from now on
        return new()
        {
            Type = reader.Point.Header.Type,
            Path = found.Archive.Path,
            ArchiveId = reader.Point.Header.Id,
            DatabaseBytes = meter.TotalBytes,
            StoredBytes = found.Archive.Length,
            Warnings = warnings,
        };
    }
}
