using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines.Discovery;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Uploads;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.Secrets;

namespace Holdfast.Node.Backups;

/// <summary>Runs the backup of one job: acquires its source, opens its destinations, finds the keys, and writes the archive.</summary>
/// <param name="sources">The sources of this node.</param>
/// <param name="keys">Keys of encrypted databases.</param>
/// <param name="catalogs">Records the archive.</param>
/// <param name="options">Creates the options of the backup.</param>
/// <param name="outputs">What keeps bytes that a destination has not written yet.</param>
/// <param name="availability">Knows which destinations wait for their upload windows.</param>
/// <param name="time">The clock.</param>
public sealed class BackupJobRunner(
    SourceRegistry sources,
    DatabaseKeys keys,
    BackupCatalogFactory catalogs,
    BackupOptionsFactory options,
    OutputResources outputs,
    DestinationAvailability availability,
    TimeProvider time
)
{
    /// <summary>Runs a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="operation">Its operation.</param>
    /// <param name="leases">Opens the destinations, and closes them after the operation.</param>
    /// <param name="written">Called when the database has been read and only publishing is left.</param>
    /// <returns>The result, the digest of the database's contents, and the destinations that stored the archive.</returns>
    /// <exception cref="HoldfastException">No destination stored the archive.</exception>
    internal async Task<(
        OperationResult Result,
        ContentDigest? Content,
        IReadOnlyList<(string Name, IDestination Opened)> Destinations
    )> RunAsync(BackupJob job, RunningOperation operation, DestinationLeases leases, Action written)
    {
        var stop = operation.Stopping;
        stop.ThrowIfCancellationRequested();
        // Waits for the first discovery of the source after a start of the server.
        await using var lease = await sources.AcquireAsync(job.Database.Source, stop);
        var database = lease.GetDatabase(job.Database.Name);
        var all = await OpenAsync(job.Settings.Destinations, leases, stop);
        var opened = all.Opened;
        var meter = new BackupMeter(opened.Count) { Log = operation };
        operation.MarkStarted(() => (meter.Phase, ReadProgress(meter, opened)), () => meter.Activity);
        var backup = new DatabaseBackup(
            lease.Engine,
            lease.Source,
            [.. opened.Select(d => new ActivityReportingDestination(d.Opened, meter.RecordActivity))],
            options.Create(job),
            outputs,
            time,
            catalogs.Create(job, opened)
        );
        // A key is read only if the database can need one: the store handles one request at a time, and there can be 10,000
        // backups.
        var key = database.Encryption == EncryptionState.No ? null : await keys.FindAsync(job.Database, stop);
        var outcome = await backup.RunAsync(database, key, meter, written, stop);
        if (outcome.State == BackupState.Failed)
        {
            throw outcome.Error!;
        }
        return (
            ToResult(outcome, all),
            outcome.Content,
            [.. opened.Where((_, i) => outcome.DestinationFailures.Count <= i || outcome.DestinationFailures[i] is null)]
        );
    }

    private static OperationResult ToResult(BackupOutcome outcome, OpenedDestinations all)
    {
        var opened = all.Opened;
        var destinations = all.Unusable.ToDictionary(u => u.Key, u => (string?)u.Value, StringComparer.Ordinal);
        for (var i = 0; i < opened.Count; i++)
        {
            destinations[opened[i].Name] =
                outcome.DestinationFailures.Count > i && outcome.DestinationFailures[i] is { } failure
                    ? Truncation.Truncate(failure.Message)
                    : null;
        }
        var (ahead, more) = Truncation.TruncateLists(outcome.FutureChainNames);
        return new()
        {
            Unchanged = outcome.Path is null,
            ReadInFull = outcome.WasReadInFull,
            Kind = outcome.Kind,
            Type = outcome.Type,
            TypeReason = outcome.TypeReason,
            Encryption = outcome.Encryption,
            Path = outcome.Path,
            ArchiveId = outcome.ArchiveId,
            Head = outcome.Head,
            DatabaseBytes = outcome.DatabaseBytes,
            StoredBytes = outcome.StoredBytes,
            Destinations = destinations,
            WaitingDestinations = all.Waiting.Count > 0 ? all.Waiting : null,
            NamesAhead = ahead,
            MoreNamesAhead = more,
            Warnings = outcome.Warnings,
        };
    }

    private static OperationProgress ReadProgress(BackupMeter meter, List<(string Name, IDestination Opened)> destinations) =>
        new()
        {
            TotalBytes = meter.TotalBytes,
            DoneBytes = meter.DoneBytes,
            Items = meter.Items,
            StoredBytes = destinations
                .Select((d, i) => (d.Name, Bytes: meter.StoredBytes(i)))
                .ToDictionary(d => d.Name, d => d.Bytes, StringComparer.Ordinal),
            Outputs = destinations
                .Select((d, i) => (d.Name, State: meter.StateOf(i)))
                .Where(d => d.State is not null)
                .ToDictionary(d => d.Name, d => d.State!.Value, StringComparer.Ordinal),
        };

    // A destination that cannot be opened, or waits for its upload window, does not stop the others.
    private async Task<OpenedDestinations> OpenAsync(
        IReadOnlyList<string> names,
        DestinationLeases leases,
        CancellationToken cancellationToken
    )
    {
        var all = new OpenedDestinations([], new(StringComparer.Ordinal), []);
        HoldfastException? first = null;
        foreach (var name in names)
        {
            if (availability.FindWait(name) is { } wait)
            {
                all.Unusable[name] = wait.Message;
                all.Waiting.Add(name);
                first ??= new(
                    ErrorCatalog.NotAllowed,
                    $"No destination can take the backup now. {name}: {wait.Message}",
                    "Schedule the task within the upload window, or add a destination without one."
                );
                continue;
            }
            try
            {
                all.Opened.Add((name, await leases.OpenForBackupsAsync(name, cancellationToken)));
            }
            catch (HoldfastException e)
            {
                first = e;
                all.Unusable[name] = Truncation.Truncate(e.Message);
            }
        }

        if (all.Opened.Count == 0)
        {
            throw first ?? new HoldfastException(ErrorCatalog.Usage, "The task has no destination.", "Add one to it.");
        }
        return all;
    }

    /// <summary>The destinations of a backup.</summary>
    /// <param name="Opened">Those that take part.</param>
    /// <param name="Unusable">Why the others do not.</param>
    /// <param name="Waiting">Those of the others that wait for their upload windows.</param>
    private sealed record OpenedDestinations(
        List<(string Name, IDestination Opened)> Opened,
        Dictionary<string, string> Unusable,
        List<string> Waiting
    );
}
