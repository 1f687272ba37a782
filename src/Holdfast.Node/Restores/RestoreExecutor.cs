using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.Secrets;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Restores one point as a new database, as an operation.</summary>
/// <param name="finder">Finds the point.</param>
/// <param name="sources">The sources of this node.</param>
/// <param name="archiveKeys">Keys that the server keeps for archives.</param>
/// <param name="databaseKeys">Keys of databases: what opens a logical archive of an encrypted one.</param>
public sealed class RestoreExecutor(BackupFinder finder, Func<string, SourceMonitor?> sources, ArchiveKeys archiveKeys, DatabaseKeys databaseKeys)
{
    /// <summary>Runs it to its end, whatever that is.</summary>
    public async Task RunAsync(RestoreAsk ask, LiveOperation operation)
    {
        try
        {
            operation.End(OperationState.Completed, await RestoreAsync(ask, operation, operation.Stopping), null);
        }
        catch (OperationCanceledException)
        {
            var error = operation.IsAborted ? ErrorCatalogue.Aborted : ErrorCatalogue.Interrupted;
            operation.End(operation.IsAborted ? OperationState.Aborted : OperationState.Failed, null, new(error, operation.IsAborted ? "An operator aborted it." : "The server stopped while this ran.", "Nothing is left of the new database; restore it again."));
        }
        catch (HoldfastException e)
        {
            operation.End(OperationState.Failed, null, e);
        }
        catch (Exception e)
        {
            operation.End(OperationState.Failed, null, new(ErrorCatalogue.Unexpected, $"The restore of '{ask.Target}' ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e));
        }
    }

    private async Task<OperationResult> RestoreAsync(RestoreAsk ask, LiveOperation operation, CancellationToken cancellationToken)
    {
        var phase = "looking";
        var meter = new RestoreMeter();
        operation.Began(() => (phase, new() { TotalBytes = meter.TotalBytes, DoneBytes = meter.DoneBytes, Items = meter.Items }));
        var monitor = sources(ask.Target.Source) ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"Source '{ask.Target.Source}' is not configured on this node.", "Choose a source of GET /api/v1/sources.");
        var stored = await finder.FindAsync(ask.From, cancellationToken);
        if (ask.Point is null && BackupFinder.IsDatabase(ask.From)) stored = stored with { Chains = [stored.Chains.MaxBy(c => c.NewestTime)!] }; // one database has one newest point
        var (found, opened) = await OpenAsync(ask, stored, cancellationToken);
        await using var reader = opened;
        operation.Write($"restoring {found.Archive.Path}");
        phase = "writing";
        await RestoreRunner.RunAsync(monitor.Attached.Engine, monitor.Attached.Source, ask.Target.Name, reader, meter, cancellationToken);
        await monitor.LookAsync(CancellationToken.None); // covered from now on
        return new()
        {
            Type = reader.Point.Header.Type,
            Path = found.Archive.Path,
            ArchiveId = reader.Point.Header.Id,
            DatabaseBytes = meter.TotalBytes,
            StoredBytes = found.Archive.Length,
        };
    }

    private async Task<(RestorePoint Found, ChainReader Opened)> OpenAsync(RestoreAsk ask, StoredPath stored, CancellationToken cancellationToken)
    {
        try
        {
            var keys = await KeysAsync(ask, cancellationToken);
            var found = await PointFinder.FindAsync(stored, ask.Point, keys, cancellationToken);
            return (found, await PointReader.OpenAsync(stored.Destination, found, keys, cancellationToken));
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.KeyWrong && ask.Keys.Count == 0)
        {
            // The keys that were tried are those of other tasks: to who asks, none was given.
            throw new HoldfastException(ErrorCatalogue.KeyMissing, "It is encrypted, and the server keeps no key that opens it.", $"{e.Hint} Give it with the restore.", e);
        }
    }

    // Those that were given first, then those that the server keeps.
    private async Task<AgeKeys> KeysAsync(RestoreAsk ask, CancellationToken cancellationToken)
    {
        var keys = ask.Keys.Aggregate(AgeKeys.None, (all, text) => all.Concat(ArchiveKeys.Parse(text)));
        keys = keys.Concat(await archiveKeys.AllAsync(cancellationToken));
        if (BackupFinder.IsDatabase(ask.From) && await databaseKeys.FindAsync(DatabaseId.Parse(ask.From), cancellationToken) is { } own) keys = keys.Concat(AgeKeys.From(own));
        return (await databaseKeys.AllAsync(cancellationToken)).Aggregate(keys, (all, key) => all.Concat(AgeKeys.From(key)));
    }
}
