using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Writing;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines;

namespace Holdfast.Node.Backups;

/// <summary>Backs one database up: view, choice of chain, archive, publishing.</summary>
/// <param name="engine">Name of the database's engine.</param>
/// <param name="source">Where the database is.</param>
/// <param name="destinations">1 and more. An incremental builds on the newest chain that one of them holds whole.</param>
/// <param name="options">What is asked for.</param>
/// <param name="time">The clock.</param>
public sealed class BackupRunner(string engine, IDatabaseSource source, IReadOnlyList<IDestination> destinations, BackupOptions options, TimeProvider time)
{
    // zstd rarely makes a database smaller than this part of it; less room than that is not worth beginning.
    private const int BestCompression = 20;

    // A standby may cut a reading off twice; the third one is on the primary.
    private const int MostConflicts = 2;

    /// <summary>Number of destinations, for the meter.</summary>
    public int DestinationCount => destinations.Count;

    /// <summary>Runs the backup. Failures of this database end in the outcome; only cancellation throws.</summary>
    /// <param name="database">The database.</param>
    /// <param name="key">Its key, where it is encrypted and the key is known.</param>
    /// <param name="meter">Told how far it is.</param>
    /// <param name="written">Called when the database has been read to its end and only publishing is left: its slot can be given to another.</param>
    /// <param name="cancellationToken">Aborts the backup and removes what it has written.</param>
    public async Task<BackupOutcome> RunAsync(DiscoveredDatabase database, DatabaseKey? key, BackupMeter meter, Action written, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var outcome = new BackupOutcome { Database = new(source.Name, database.Name), State = BackupState.Failed };
        try
        {
            if (database.Problem is not null) throw database.Problem;
            var (done, damaged) = await RunPatientlyAsync(outcome, database, key, meter, written, cancellationToken);
            if (damaged is not null)
            {
                // The view has been read and let go by now; a full backup needs one of its own.
                (done, _) = await RunAsync(outcome, database, key, options with { Kind = BackupKind.Full }, meter, written, cancellationToken);
                done = done with { Warnings = [.. done.Warnings, $"made as full: the chain's index cannot be read: {damaged.Message}"] };
            }

            return done with { Duration = time.GetElapsedTime(started) };
        }
        catch (HoldfastException e)
        {
            return outcome with { Error = e, Duration = time.GetElapsedTime(started) };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The one catch-all: the other databases of a sweep go on.
            var unexpected = new HoldfastException(ErrorCatalogue.Unexpected, $"The backup of '{outcome.Database}' ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e);
            return outcome with { Error = unexpected, Duration = time.GetElapsedTime(started) };
        }
    }

    private static IEnumerable<string> Warnings(IDatabaseView view, EncryptionDecision decision)
    {
        if (view.TypeReason is not null) yield return $"made as {view.Type.ToString().ToLowerInvariant()}: {view.TypeReason}";
        if (decision.IsWarning) yield return decision.Mode == ArchiveEncryption.None ? $"NOT encrypted: {decision.Reason}" : decision.Reason;
        foreach (var warning in view.Warnings) yield return warning;
    }

    // What a source cut off is begun anew, from a new view; the source knows where.
    private async Task<(BackupOutcome Done, HoldfastException? DamagedIndex)> RunPatientlyAsync(BackupOutcome outcome, DiscoveredDatabase database, DatabaseKey? key, BackupMeter meter, Action written, CancellationToken cancellationToken)
    {
        for (var conflicts = 0; ; conflicts++)
        {
            try
            {
                var (done, damaged) = await RunAsync(outcome, database, key, options, meter, written, cancellationToken);
                if (done.Error?.Error != ErrorCatalogue.SourceConflict || conflicts == MostConflicts) return (done, damaged);
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.SourceConflict && conflicts < MostConflicts)
            {
                // as if it had come while the database was read
            }
        }
    }

    // Gives the outcome, or what is wrong with the chain's index where that showed only as it was read.
    private async Task<(BackupOutcome Done, HoldfastException? DamagedIndex)> RunAsync(BackupOutcome outcome, DiscoveredDatabase database, DatabaseKey? key, BackupOptions asked, BackupMeter meter, Action written, CancellationToken cancellationToken)
    {
        // Before the view, which may hold locks: a destination may take its time.
        var survey = await ChainSurvey.TakeAsync(destinations, outcome.Database, asked.Task, cancellationToken);
        await using var view = await source.OpenViewAsync(database, new(options.Type, key), cancellationToken);
        var decision = EncryptionDecision.For(view.IsEncrypted, view.Type, options.Encryption is not null, options.EncryptSnapshots);
        outcome = outcome with { Type = view.Type, Encryption = decision, Warnings = [.. Warnings(view, decision)] };
        try
        {
            return await RunAsync(outcome, survey, view, key, asked, meter, written, cancellationToken);
        }
        catch (HoldfastException e)
        {
            return (outcome with { Error = e }, null);
        }
    }

    private async Task<(BackupOutcome Done, HoldfastException? DamagedIndex)> RunAsync(BackupOutcome outcome, ChainSurvey survey, IDatabaseView view, DatabaseKey? key, BackupOptions asked, BackupMeter meter, Action written, CancellationToken cancellationToken)
    {
        var protection = Protection.For(outcome.Encryption!, asked, outcome.Database, key);
        meter.TotalBytes = view.ExpectedBytes;
        await using var choice = await ChainChooser.ChooseAsync(outcome.Database, survey, view.Type, protection, asked, time.GetUtcNow(), cancellationToken);
        outcome = outcome with { Kind = choice.Kind, Warnings = choice.Reason is null ? outcome.Warnings : [.. outcome.Warnings, $"made as full: {choice.Reason}"] };
        if (choice.Index is not null && view.ChangeToken is not null && choice.Index.Newest.ChangeToken == view.ChangeToken) return (Unchanged(outcome, view, survey.Failures), null);
        var failures = choice.Kind == BackupKind.Full ? [.. survey.Failures.Select(f => f?.Error == ErrorCatalogue.DestinationFailed ? f : null)] : survey.Failures;
        if (choice.Kind == BackupKind.Full) await CheckRoomAsync(failures, view.ExpectedBytes, cancellationToken);
        var form = choice.Kind == BackupKind.Incremental ? ArchiveForm.IncrementalBackup
            : view.Type == BackupType.Backup ? ArchiveForm.FullBackup
            : view.IsEncrypted ? ArchiveForm.EncryptedSnapshot : ArchiveForm.Snapshot;
        try
        {
            await using var uploads = await ArchiveUploads.BeginAsync(destinations, failures, outcome.Database, survey.LastName, choice.Chain, form, protection.Archive is not null, view.Type, asked, time.GetUtcNow(), meter, cancellationToken);
            meter.Phase = "reading";
            var summary = await WriteAsync(outcome, view, choice, protection, uploads, meter, cancellationToken);
            meter.Phase = "publishing";
            written();
            if (summary.IsUnchanged) return (Unchanged(outcome, view, failures), null);
            await uploads.PublishAsync(failures, cancellationToken);
            outcome = WithFailures(outcome, view, failures) with
            {
                Path = uploads.Path,
                ArchiveId = summary.Id,
                OwnBytes = summary.OwnBytes,
                StoredBytes = summary.StoredBytes,
            };
            return (outcome, null);
        }
        catch (HoldfastException e) when (choice.Index is not null && e.Error is { ExitCode: 5 })
        {
            return (outcome, e);
        }
    }

    private async Task<ArchiveSummary> WriteAsync(BackupOutcome outcome, IDatabaseView view, ChainChoice choice, Protection protection, ArchiveUploads uploads, BackupMeter meter, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var header = new ArchiveHeader
        {
            Id = id,
            Chain = choice.Index?.Newest.Chain ?? id,
            Parent = choice.Index?.Newest.Id,
            Database = outcome.Database.ToString(),
            DatabaseEncrypted = view.IsEncrypted,
            Engine = engine,
            EngineVersion = view.EngineVersion,
            Type = view.Type,
            Kind = choice.Kind,
            Node = options.Node,
            Task = options.Task,
            Epoch = options.Epoch,
            StartTime = time.GetUtcNow(),
        };
        var small = view.ExpectedBytes < BackupSweep.SmallDatabaseBytes;
        await using var writer = await ArchiveWriter.StartAsync(
            header, uploads.Outputs(protection), new() { Workers = small ? 1 : Environment.ProcessorCount }, choice.Index, view.ExpectedBytes, view.ChangeToken, cancellationToken);
        var fingerprint = await view.WriteAsync(new MeteredSink(writer, meter), cancellationToken);
        return await writer.CompleteAsync(fingerprint, outcome.Warnings, time.GetUtcNow(), cancellationToken);
    }

    private static BackupOutcome WithFailures(BackupOutcome outcome, IDatabaseView view, HoldfastException?[] failures)
    {
        var first = Array.Find(failures, f => f is not null);
        return outcome with { State = first is null ? BackupState.Completed : BackupState.CompletedWithErrors, Error = first, DatabaseBytes = view.ExpectedBytes, DestinationFailures = failures };
    }

    // A destination that could not be healed is told, though nothing had to be written.
    private static BackupOutcome Unchanged(BackupOutcome outcome, IDatabaseView view, HoldfastException?[] failures)
    {
        outcome = WithFailures(outcome, view, failures);
        return outcome.Error is null ? outcome with { State = BackupState.Unchanged } : outcome;
    }

    private async Task CheckRoomAsync(HoldfastException?[] failures, long expectedBytes, CancellationToken cancellationToken)
    {
        for (var i = 0; i < destinations.Count; i++)
        {
            if (failures[i] is not null) continue;
            try
            {
                if (await destinations[i].FreeBytesAsync(cancellationToken) is { } free && free < expectedBytes / BestCompression)
                    failures[i] = new(ErrorCatalogue.DestinationFull, $"Destination '{destinations[i].Name}' has {free} bytes free, too few for a full backup of {expectedBytes} bytes.", "Make room there, or give another destination.");
            }
            catch (HoldfastException e)
            {
                failures[i] = e;
            }
        }

        if (Array.TrueForAll(failures, f => f is not null)) throw failures[0]!;
    }
}
