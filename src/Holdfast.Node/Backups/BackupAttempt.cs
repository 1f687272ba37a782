using System.Security.Cryptography;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Writing;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Views;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Catalog;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>
/// One attempt to back up a database, from the inspection of its chains to the published archive. Keeps what is known so far: the
/// outcome, and which destinations still take part. Runs once.
/// </summary>
internal sealed class BackupAttempt
{
    // zstd rarely compresses a database below this fraction; with less free space a backup is not worth starting.
    private const int MaxCompressionRatio = 20;
    private const int MaxYearsInFuture = 30;
    private const string UndetectedChangeWarning =
        "a full comparison found a difference from the newest backup that the change token did not show: something writes to its "
        + "file without the database's own locks, for example by copying another one over it";

    private readonly BackupContext _context;
    private readonly IReadOnlyList<BackupDestination> _destinations;

    /// <summary>Creates an attempt; nothing runs before <see cref="RunAsync"/>.</summary>
    public BackupAttempt(BackupContext context)
    {
        _context = context;
        _destinations = [.. context.Destinations.Select((d, i) => new BackupDestination(i, d))];
        Outcome = new() { Database = new(context.Source.Name, context.Database.Name), State = BackupState.Failed };
    }

    /// <summary>
    /// Whether the database differs from its newest backup although its change token is unchanged. Another attempt then makes the
    /// backup.
    /// </summary>
    public bool HasUndetectedChange { get; private set; }

    /// <summary>The outcome; a failure until the attempt has succeeded.</summary>
    public BackupOutcome Outcome { get; private set; }

    /// <summary>
    /// The problem of the chain's index, if it appeared only while the index was read; otherwise null. A full backup does not need
    /// the index.
    /// </summary>
    public HoldfastException? DamagedIndex { get; private set; }

    /// <summary>Whether the source itself cancelled the read, so that an immediate retry makes sense.</summary>
    public bool HasSourceConflict => Outcome.Error?.Error == ErrorCatalog.SourceConflict;

    /// <summary>
    /// Why a logical backup of the database is impossible, if that is why the attempt failed; a snapshot is possible.
    /// </summary>
    public string? SnapshotFallbackReason =>
        _context.SnapshotFallbackReason is null
        && Options.Type == BackupType.Backup
        && Outcome.Error is { } e
        && e.Error == ErrorCatalog.SourceNotScriptable
            ? e.Message
            : null;

    private BackupMeter Meter => _context.Meter;

    private BackupOptions Options => _context.Options;

    /// <summary>Runs the attempt. Failures end in <see cref="Outcome"/>.</summary>
    /// <param name="cancellationToken">Cancels the backup and removes its files.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Before the view is opened, because the view may hold locks and a destination may be slow.
            var inspection = await InspectAsync(listsAll: false, cancellationToken);
            Outcome = Outcome with { FutureChainNames = inspection.FutureChainNames };
            foreach (var left in _destinations.Where(d => !d.IsActive))
            {
                Meter.LogStep($"skipped: {left.Failure!.Message}");
            }
            var view = await _context.Source.OpenViewAsync(_context.Database, Request(), cancellationToken);
            WrittenArchive? written;
            try
            {
                RecordView(view);
                written = await BackUpAsync(inspection, view, cancellationToken);
            }
            finally
            {
                // Before the archive is published: a slow destination must not keep the database's locks.
                await CloseAsync(view);
            }
            if (written is not null)
            {
                await PublishAsync(written, cancellationToken);
            }
        }
        catch (Exception e) when (Outcome.State != BackupState.Failed)
        {
            // The archive is published: a failure during cleanup no longer changes the outcome.
            Meter.LogStep($"cleanup failed: {e.GetType().Name}: {e.Message}");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Outcome = Outcome with { Error = UnexpectedFailure.Wrap($"The backup of '{Outcome.Database}'", e) };
        }
    }

    private Task<ChainInspection> InspectAsync(bool listsAll, CancellationToken cancellationToken) =>
        ChainInspection.InspectAsync(
            _destinations,
            Outcome.Database,
            Options.Task,
            _context.Catalog,
            LatestPossibleTime(),
            cancellationToken,
            listsAll
        );

    private IEnumerable<string> Warnings(IDatabaseView view, EncryptionDecision decision)
    {
        if (_context.HasUndetectedChange)
        {
            yield return UndetectedChangeWarning;
        }
        if (view.TypeReason is not null)
        {
            yield return $"made as {view.Type.ToString().ToLowerInvariant()}: {view.TypeReason}";
        }
        if (decision.IsWarning)
        {
            yield return decision.Mode == ArchiveEncryption.None ? $"NOT encrypted: {decision.Reason}" : decision.Reason;
        }
        foreach (var warning in view.Warnings)
        {
            yield return warning;
        }
    }

    private static IEnumerable<string> FutureNameWarnings(IReadOnlyDictionary<string, IReadOnlyList<string>> names) =>
        names.SelectMany(n => n.Value.Select(path => $"the chain '{path}' at '{n.Key}' has a name in the future and is not extended"));

    private ViewRequest Request() =>
        _context.SnapshotFallbackReason is { } reason
            ? new(BackupType.Snapshot, _context.Key) { Instead = reason }
            : new(Options.Type, _context.Key);

    // Without a trusted clock, a name in the future cannot be distinguished from a clock that is behind; only names decades ahead
    // are certainly wrong.
    private DateTimeOffset LatestPossibleTime()
    {
        var wall = _context.Time.GetUtcNow();
        return Options.LatestPossibleTime is not { } latest ? wall.AddYears(MaxYearsInFuture)
            : latest > wall ? latest
            : wall;
    }

    private void RecordView(IDatabaseView view)
    {
        var decision = EncryptionDecision.Decide(
            view.IsEncrypted,
            Options.Type,
            view.Type,
            Options.Encryption is not null,
            Options.EncryptSnapshots
        );
        Outcome = Outcome with
        {
            Type = view.Type,
            TypeReason = view.TypeReason,
            Encryption = decision,
            Warnings = Truncation.TruncateTexts([.. Warnings(view, decision), .. FutureNameWarnings(Outcome.FutureChainNames)]),
        };
        Meter.TotalBytes = view.ExpectedBytes;
        Meter.LogStep(
            $"opened for a {view.Type.ToString().ToLowerInvariant()}: some {view.ExpectedBytes} bytes, version "
                + $"{view.EngineVersion}, encryption {decision.Mode}"
        );
    }

    // What is read remains valid.
    private async Task CloseAsync(IDatabaseView view)
    {
        try
        {
            await view.DisposeAsync();
        }
        catch (Exception e)
        {
            Meter.LogStep($"closing the database failed: {e.GetType().Name}: {e.Message}");
        }
    }

    // Null if nothing has to be published.
    private async Task<WrittenArchive?> BackUpAsync(ChainInspection inspection, IDatabaseView view, CancellationToken cancellationToken)
    {
        var protection = BackupEncryption.Create(Outcome.Encryption!, Options, Outcome.Database, _context.Key);
        var selector = new BaseChainSelector(Outcome.Database, Options, _context.Time.GetUtcNow(), _context.Catalog);
        var first = await selector.SelectAsync(inspection, view.Type, protection, cancellationToken);
        if (selector.HasFoundMissing && inspection.IsFromCatalog)
        {
            // A destination contradicts the catalog: what it really has is listed and recorded.
            await first.DisposeAsync();
            inspection = await InspectAsync(listsAll: true, cancellationToken);
            first = await selector.SelectAsync(inspection, view.Type, protection, cancellationToken);
        }
        await using var selection = first;
        RecordSelection(selection);
        if (
            !_context.HasUndetectedChange
            && selection.Index is not null
            && view.ChangeToken is not null
            && selection.Index.Newest.ChangeToken == view.ChangeToken
        )
        {
            if (Options.CompareInFull && !await CompareInFullAsync(view, selection.Index, cancellationToken))
            {
                HasUndetectedChange = true; // the view has been consumed; the backup needs another one
            }
            else
            {
                CompleteUnchanged(view);
            }
            return null;
        }

        if (selection.Kind == BackupKind.Full)
        {
            await PrepareFullAsync(view.ExpectedBytes, cancellationToken);
        }
        try
        {
            return await StoreAsync(inspection, view, selection, protection, cancellationToken);
        }
        catch (HoldfastException e) when (selection.Index is not null && e.IsDamage)
        {
            DamagedIndex = e;
            throw;
        }
    }

    // The token covers what SQLite counts and the times of the file; a writer may have changed the file without either.
    private async Task<bool> CompareInFullAsync(IDatabaseView view, ChainIndex index, CancellationToken cancellationToken)
    {
        Meter.Phase = "comparing";
        var comparison = new ContentComparison(index.Newest.PartMean);
        await view.WriteAsync(new MeteredSink(comparison, Meter), cancellationToken);
        var isSame = comparison.Matches(index);
        Outcome = Outcome with
        {
            WasReadInFull = true,
            Content = isSame ? comparison.ComputeContentDigest(view.ChangeToken!, ContentKey.Derive(Options.NodeKey)) : null,
        };
        Meter.LogStep(isSame ? "compared in full with the newest backup: they are equal" : UndetectedChangeWarning);
        return isSame;
    }

    private void RecordSelection(BaseChainSelection selection)
    {
        Outcome = Outcome with { Kind = selection.Kind };
        if (selection.Reason is not null)
        {
            Outcome = Outcome with { Warnings = [.. Outcome.Warnings, $"made as full: {selection.Reason}"] };
        }
        Meter.LogStep(
            selection.Chain is null
                ? $"full: {selection.Reason ?? "requested"}"
                : $"incremental on chain {selection.Chain.Path}, number {selection.Chain.Archives.Count + 1} of its archives"
        );
    }

    // A destination that could not be repaired still takes part in a new chain if it has enough space.
    private async Task PrepareFullAsync(long expectedBytes, CancellationToken cancellationToken)
    {
        foreach (var run in _destinations)
        {
            run.Readmit();
        }
        foreach (var run in _destinations.Where(d => d.IsActive))
        {
            try
            {
                if (await run.Destination.FreeBytesAsync(cancellationToken) is { } free && free < expectedBytes / MaxCompressionRatio)
                {
                    run.Exclude(NoSpace(run, free, expectedBytes));
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                run.Exclude(e);
            }
        }

        if (_destinations.All(d => !d.IsActive))
        {
            throw _destinations[0].Failure!;
        }
    }

    private static HoldfastException NoSpace(BackupDestination run, long free, long expectedBytes) =>
        new(
            ErrorCatalog.DestinationFull,
            $"Destination '{run.Name}' has {free} bytes free, not enough for a full backup of {expectedBytes} bytes.",
            "Free space there, or use another destination."
        );

    private async Task<WrittenArchive?> StoreAsync(
        ChainInspection inspection,
        IDatabaseView view,
        BaseChainSelection selection,
        BackupEncryption protection,
        CancellationToken cancellationToken
    )
    {
        var startTime = _context.Time.GetUtcNow();
        var uploads = await ArchiveUploads.BeginAsync(
            _destinations,
            new()
            {
                Database = Outcome.Database,
                Extended = selection.Chain,
                LatestNameTime = inspection.LatestNameTime,
                FileType = FileTypeOf(selection, view),
                IsEncrypted = protection.Archive is not null,
                Type = view.Type,
                Node = Options.Node,
                Task = Options.Task,
            },
            new(MaxArchiveBytes(view.ExpectedBytes)),
            _context,
            cancellationToken
        );
        var kept = _destinations.Any(d => d.IsActive && d.Destination.Capabilities.IsRemote) ? _context.Catalog?.Indexes?.Begin() : null;
        try
        {
            foreach (var run in _destinations.Where(d => d.IsActive))
            {
                Meter.LogStep($"writing to {run.Name}: {uploads.Path}");
            }
            Meter.Phase = "reading";
            var header = CreateHeader(view, selection, startTime);
            var outputs = uploads.CreateOutputs(protection);
            var summary = await WriteAsync(
                header,
                view,
                selection,
                kept is null ? outputs : outputs with { Index = kept.Copy(outputs.Index) },
                cancellationToken
            );
            if (summary.IsUnchanged)
            {
                CompleteUnchanged(view);
                kept?.Dispose();
                await uploads.DisposeAsync();
                return null;
            }
            await uploads.FlushAsync(cancellationToken);
            return new(uploads, header, summary, view.ExpectedBytes) { KeptIndex = kept, IndexProtection = protection.Index };
        }
        catch (Exception e)
        {
            var failure = cancellationToken.IsCancellationRequested ? null : uploads.FindFailureOfAll();
            kept?.Dispose();
            await uploads.DisposeAsync();
            if (failure is null || ReferenceEquals(failure, e))
            {
                throw;
            }
            throw failure;
        }
    }

    private async Task PublishAsync(WrittenArchive written, CancellationToken cancellationToken)
    {
        await using var uploads = written.Uploads;
        using var kept = written.KeptIndex;
        var (header, summary) = (written.Header, written.Summary);
        Meter.Phase = "publishing";
        _context.OnPublishing();
        if (_context.Catalog is { } catalog)
        {
            var remote = _destinations.Where(d => d.IsActive && d.Destination.Capabilities.IsRemote).Select(d => d.Index);
            await catalog.BeginPublicationAsync(remote, Outcome.Database, Options.Task);
        }
        await uploads.PublishAsync(cancellationToken);
        kept?.Keep();
        if (uploads.SpoolProblem is { } problem)
        {
            Outcome = Outcome with { Warnings = [.. Outcome.Warnings, $"the spool could not be used: {problem.Message}"] };
        }
        await RecordAsync(written, cancellationToken);
        Outcome = Outcome with
        {
            Path = uploads.Path,
            ArchiveId = summary.Id,
            Head = new(header.Chain, header.Id, summary.StoredBytes, summary.StoredSha256, summary.ManifestSha256) { Path = uploads.Path },
            OwnBytes = summary.OwnBytes,
            StoredBytes = summary.StoredBytes,
        };
        Complete(written.DatabaseBytes);
    }

    // Archives are compressed; a little more than the database is for one that cannot be, and for what is around the data.
    private static long MaxArchiveBytes(long databaseBytes) => databaseBytes + (databaseBytes / 10) + (64 << 20);

    private static ArchiveFileType FileTypeOf(BaseChainSelection selection, IDatabaseView view) =>
        selection.Kind == BackupKind.Incremental ? ArchiveFileType.IncrementalBackup
        : view.Type == BackupType.Backup ? ArchiveFileType.FullBackup
        : view.IsEncrypted ? ArchiveFileType.EncryptedSnapshot
        : ArchiveFileType.Snapshot;

    private async Task RecordAsync(WrittenArchive written, CancellationToken cancellationToken)
    {
        if (_context.Catalog is not { } catalog)
        {
            return;
        }
        var (path, header, summary) = (written.Uploads.Path, written.Header, written.Summary);
        var remote = _destinations.Where(d => d.IsActive && d.Destination.Capabilities.IsRemote).ToList();
        var publication = remote.Count == 0 ? null : new ArchivePublication(await TrySealIdsAsync(catalog, written));
        if (await catalog.RecordAsync(path, header, summary, [.. _destinations.Select(d => d.Failure)], publication) is { } warning)
        {
            Meter.LogStep(warning);
            Outcome = Outcome with { Warnings = [.. Outcome.Warnings, warning] };
            return;
        }
        await Task.WhenAll(remote.Select(run => TryShareAsync(catalog, run, header, cancellationToken)));
    }

    // The archive is published: from here on, an abort changes nothing.
    private async Task<byte[]?> TrySealIdsAsync(BackupCatalog catalog, WrittenArchive written)
    {
        try
        {
            var (path, header, summary) = (written.Uploads.Path, written.Header, written.Summary);
            return await catalog.SealIdsAsync(path, header, summary, written.IndexProtection, CancellationToken.None);
        }
        catch (HoldfastException e)
        {
            Meter.LogStep($"the ids of the chain are not written for other servers: {e.Message}");
            return null;
        }
    }

    // Only a hint for other servers: no backup needs it, and the audit writes it again.
    private async Task TryShareAsync(
        BackupCatalog catalog,
        BackupDestination run,
        ArchiveHeader header,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await catalog.ShareAsync(run.Index, run.Destination, header, cancellationToken);
        }
        catch (Exception e)
        {
            Meter.LogStep($"what {run.Name} has was not written there for other servers: {e.Message}");
        }
    }

    // The time of the name, or an earlier one if that second was taken: a name before the time in the header would not be the
    // archive's own.
    private ArchiveHeader CreateHeader(IDatabaseView view, BaseChainSelection selection, DateTimeOffset startTime)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return new()
        {
            Id = id,
            Chain = selection.Index?.Newest.Chain ?? id,
            Parent = selection.Index?.Newest.Id,
            Database = Outcome.Database.ToString(),
            DatabaseEncrypted = view.IsEncrypted,
            Engine = _context.Engine,
            EngineVersion = view.EngineVersion,
            Type = view.Type,
            Kind = selection.Kind,
            Node = Options.Node,
            Task = Options.Task,
            Epoch = Options.Epoch,
            StartTime = startTime,
        };
    }

    private async Task<ArchiveSummary> WriteAsync(
        ArchiveHeader header,
        IDatabaseView view,
        BaseChainSelection selection,
        ArchiveOutputs outputs,
        CancellationToken cancellationToken
    )
    {
        var small = view.ExpectedBytes < BackupBatch.SmallDatabaseBytes;
        await using var writer = await ArchiveWriter.StartAsync(
            header,
            outputs,
            new() { Workers = small ? 1 : Environment.ProcessorCount },
            selection.Index,
            view.ExpectedBytes,
            view.ChangeToken,
            cancellationToken
        );
        writer.File = view.File;
        var known = view.Warnings.Count;
        var fingerprint = await view.WriteAsync(new MeteredSink(writer, Meter), cancellationToken);
        // problems that only reading the index revealed
        Outcome = Outcome with { Warnings = Truncation.TruncateTexts([.. Outcome.Warnings, .. view.Warnings.Skip(known)]) };
        var summary = await writer.CompleteAsync(fingerprint, Outcome.Warnings, _context.Time.GetUtcNow(), cancellationToken);
        Outcome = Outcome with { Content = writer.ComputeContentDigest(ContentKey.Derive(Options.NodeKey)) };
        return summary;
    }

    private void Complete(long databaseBytes)
    {
        var first = _destinations.FirstOrDefault(d => !d.IsActive)?.Failure;
        Outcome = Outcome with
        {
            State = first is null ? BackupState.Completed : BackupState.CompletedWithErrors,
            Error = first,
            DatabaseBytes = databaseBytes,
            DestinationFailures = [.. _destinations.Select(d => d.Failure)],
        };
    }

    // Reports a destination that could not be repaired, even though nothing had to be written.
    private void CompleteUnchanged(IDatabaseView view)
    {
        Meter.LogStep("unchanged since the chain's newest archive: nothing written");
        Complete(view.ExpectedBytes);
        if (Outcome.Error is null)
        {
            Outcome = Outcome with { State = BackupState.Unchanged };
        }
    }

    // An archive that is complete, but not published.
    private sealed record WrittenArchive(ArchiveUploads Uploads, ArchiveHeader Header, ArchiveSummary Summary, long DatabaseBytes)
    {
        /// <summary>The index, to be kept on this node once it is published; null if it is not.</summary>
        public CachedIndexWriter? KeptIndex { get; init; }

        /// <summary>Encryption of the index; null for none.</summary>
        public AgeProtection? IndexProtection { get; init; }
    }
}
