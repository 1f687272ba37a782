using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Node.Catalog;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>
/// Backs databases of one source up: runs a <see cref="BackupAttempt"/> for each, and another where the first one could not
/// end well but the next can.
/// </summary>
/// <param name="engine">Name of the databases' engine.</param>
/// <param name="source">Where the databases are.</param>
/// <param name="destinations">1 and more. An incremental builds on the newest chain that one of them holds whole.</param>
/// <param name="options">What is asked for.</param>
/// <param name="time">The clock.</param>
/// <param name="catalog">What is known of the archives; null where there is no catalog, as for the command by itself.</param>
public sealed class DatabaseBackup(
    string engine,
    IDatabaseSource source,
    IReadOnlyList<IDestination> destinations,
    BackupOptions options,
    TimeProvider time,
    BackupCatalog? catalog = null
)
{
    // A standby may cut a reading off twice; the third one is on the primary.
    private const int MaxConflictRetries = 2;

    /// <summary>Name of the source.</summary>
    public string SourceName => source.Name;

    /// <summary>Names of the destinations, in their order.</summary>
    public IReadOnlyList<string> DestinationNames { get; } = [.. destinations.Select(d => d.Name)];

    /// <summary>
    /// Runs the backup. Failures of this database end in the outcome, whatever was thrown; only a cancellation that was
    /// asked for throws.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="key">Its key, where it is encrypted and the key is known.</param>
    /// <param name="meter">Told how far it is.</param>
    /// <param name="written">
    /// Called when the database has been read to its end and only publishing is left: its slot can be given to another.
    /// </param>
    /// <param name="cancellationToken">Aborts the backup and removes what it has written.</param>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled. One that an engine or a destination throws by itself is a
    /// failure.
    /// </exception>
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
                new BackupContext(engine, source, database, key, destinations, options, meter, written, time, catalog),
                cancellationToken
            );
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            // What a backup says that is stopped in the middle is no news.
            throw new OperationCanceledException($"The backup of '{outcome.Database}' was stopped.", e, cancellationToken);
        }
        catch (Exception e)
        {
            // The one catch-all: the other databases of a sweep go on.
            outcome = outcome with { Error = UnexpectedFailure.Wrap($"The backup of '{outcome.Database}'", e) };
        }

        return outcome with
        {
            Duration = time.GetElapsedTime(started),
        };
    }

    /// <summary>The outcome of a backup that failed, or was not begun.</summary>
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
                // The source cut it off: it is begun anew, from a new view; the source knows where.
                context.Meter.LogStep($"begun anew: {run.Outcome.Error.Message}");
            }
            else if (run.DamagedIndex is not null && damaged is null)
            {
                // The view has been read and let go by now; a full backup needs one of its own.
                damaged = run.DamagedIndex;
                context = context with { Options = context.Options with { Kind = BackupKind.Full } };
                context.Meter.LogStep($"begun anew as full: the chain's index cannot be read: {damaged.Message}");
            }
            else if (run.SnapshotFallbackReason is { } reason)
            {
                context = context with { SnapshotFallbackReason = reason };
                context.Meter.LogStep($"begun anew as a snapshot: {reason}");
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
