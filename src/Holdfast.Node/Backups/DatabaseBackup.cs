using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Catalog;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>
/// Backs up databases of one source: runs a <see cref="BackupAttempt"/> for each, and another one if the first failed in a way that
/// a retry can fix.
/// </summary>
/// <param name="engine">Name of the databases' engine.</param>
/// <param name="source">The source of the databases.</param>
/// <param name="destinations">One or more. An incremental builds on the newest chain that one of them has completely.</param>
/// <param name="options">The options.</param>
/// <param name="outputs">What keeps bytes that a destination has not written yet.</param>
/// <param name="time">The clock.</param>
/// <param name="catalog">The catalog; null if there is none, as for the command without a server.</param>
public sealed class DatabaseBackup(
    string engine,
    IDatabaseSource source,
    IReadOnlyList<IDestination> destinations,
    BackupOptions options,
    OutputResources outputs,
    TimeProvider time,
    BackupCatalog? catalog = null
)
{
    // A standby may cancel a read twice; the third attempt is on the primary.
    private const int MaxConflictRetries = 2;

    /// <summary>Name of the source.</summary>
    public string SourceName => source.Name;

    /// <summary>Names of the destinations, in order.</summary>
    public IReadOnlyList<string> DestinationNames { get; } = [.. destinations.Select(d => d.Name)];

    /// <summary>
    /// Runs the backup. Failures of this database end in the outcome, whatever was thrown; only a requested cancellation throws.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="key">Its key, if it is encrypted and the key is known.</param>
    /// <param name="meter">Receives the progress.</param>
    /// <param name="written">Called when the database has been read and only publishing is left: its slot can be reused.</param>
    /// <param name="cancellationToken">Cancels the backup and removes its files.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled. A cancellation that an
    /// engine or destination throws by itself is a failure.</exception>
    public async Task<BackupOutcome> RunAsync(
        DiscoveredDatabase database,
        DatabaseKey? key,
        BackupMeter meter,
        Action written,
        CancellationToken cancellationToken
    )
    {
        var started = time.GetTimestamp();
        var outcome = CreateFailedOutcome(database, null);
        try
        {
            if (database.Problem is not null)
            {
                throw database.Problem;
            }
            outcome = await RunAsync(
                new BackupContext
                {
                    Engine = engine,
                    Source = source,
                    Database = database,
                    Key = key,
                    Destinations = destinations,
                    Options = options,
                    Outputs = outputs,
                    Meter = meter,
                    OnPublishing = written,
                    Time = time,
                    Catalog = catalog,
                },
                cancellationToken
            );
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            // The failure of a cancelled backup means nothing.
            throw new OperationCanceledException($"The backup of '{outcome.Database}' was stopped.", e, cancellationToken);
        }
        catch (Exception e)
        {
            // The one catch-all, so that the other databases of a batch continue.
            outcome = outcome with { Error = UnexpectedFailure.Wrap($"The backup of '{outcome.Database}'", e) };
        }

        return outcome with
        {
            Duration = time.GetElapsedTime(started),
        };
    }

    /// <summary>The outcome of a backup that failed, or was not started.</summary>
    internal BackupOutcome CreateFailedOutcome(DiscoveredDatabase database, HoldfastException? error) =>
        new()
        {
            Database = new(source.Name, database.Name),
            State = BackupState.Failed,
            Error = error,
        };

    private static async Task<BackupOutcome> RunAsync(BackupContext context, CancellationToken cancellationToken)
    {
        HoldfastException? damaged = null;
        for (var conflicts = 0; ; )
        {
            var run = new BackupAttempt(context);
            await run.RunAsync(cancellationToken);
            if (run.HasUndetectedChange)
            {
                context = context with { HasUndetectedChange = true };
                continue;
            }

            if (run.Outcome.Error is null || run.Outcome.State != BackupState.Failed)
            {
                return WithFallbackReason(run.Outcome, damaged);
            }
            if (run.HasSourceConflict && conflicts++ < MaxConflictRetries)
            {
                // The source cancelled the read: retried with a new view, on the server that the source chooses.
                context.Meter.LogStep($"retrying: {run.Outcome.Error.Message}");
            }
            else if (run.DamagedIndex is not null && damaged is null)
            {
                // The view has been read and closed; a full backup needs another one.
                damaged = run.DamagedIndex;
                context = context with { Options = context.Options with { Kind = BackupKind.Full } };
                context.Meter.LogStep($"retrying as full: the chain's index cannot be read: {damaged.Message}");
            }
            else if (run.SnapshotFallbackReason is { } reason)
            {
                context = context with { SnapshotFallbackReason = reason };
                context.Meter.LogStep($"retrying as a snapshot: {reason}");
            }
            else
            {
                return WithFallbackReason(run.Outcome, damaged);
            }
        }
    }

    private static BackupOutcome WithFallbackReason(BackupOutcome outcome, HoldfastException? damaged) =>
        damaged is null
            ? outcome
            : outcome with
            {
                Warnings = [.. outcome.Warnings, $"made as full: the chain's index cannot be read: {damaged.Message}"],
            };
}
