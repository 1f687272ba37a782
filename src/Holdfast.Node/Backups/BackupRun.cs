using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Writing;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Engines;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>
/// One go at backing one database up, from the survey of its chains to the published archive. It holds what is known so
/// far: its outcome, and of each
/// destination whether it still takes part. Runs once.
/// </summary>
internal sealed class BackupRun
{
    // zstd rarely makes a database smaller than this part of it; less room than that is not worth beginning.
    private const int BestCompression = 20;
    private const int YearsAhead = 30;
    private const string MissedWarning =
        "compared in full, it differs from its newest backup, and its change token had missed that: something writes to its "
        + "file without the database's own rules, as a copy that is put over it";

    private readonly BackupContext _context;
    private readonly IReadOnlyList<DestinationRun> _destinations;

    /// <summary>Makes it; nothing runs until <see cref="RunAsync"/>.</summary>
    public BackupRun(BackupContext context)
    {
        _context = context;
        _destinations = [.. context.Destinations.Select((d, i) => new DestinationRun(i, d))];
        Outcome = new() { Database = new(context.Source.Name, context.Database.Name), State = BackupState.Failed };
    }

    /// <summary>
    /// Whether the database differs from its newest backup, though its change token says that it does not: another run
    /// makes the backup.
    /// </summary>
    public bool WasMissed { get; private set; }

    /// <summary>How it ended; failed until it has ended well.</summary>
    public BackupOutcome Outcome { get; private set; }

    /// <summary>
    /// What is wrong with the chain's index, where that showed only as it was read; null where nothing is. A full
    /// backup does without it.
    /// </summary>
    public HoldfastException? DamagedIndex { get; private set; }

    /// <summary>Whether the source itself cut the reading off: it can be begun anew at once.</summary>
    public bool WasCutOff => Outcome.Error?.Error == ErrorCatalogue.SourceConflict;

    /// <summary>Why no script can hold the database, where that is why it failed; a snapshot can.</summary>
    public string? NeedsSnapshot =>
        _context.Instead is null && Options.Type == BackupType.Backup && Outcome.Error is { } e && e.Error == ErrorCatalogue.SourceNotAsSql
            ? e.Message
            : null;

    private BackupMeter Meter => _context.Meter;

    private BackupOptions Options => _context.Options;

    /// <summary>Runs it. What goes wrong ends in <see cref="Outcome"/>.</summary>
    /// <param name="cancellationToken">Stops it and removes what it has written.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Before the view, which may hold locks: a destination may take its time.
            var survey = await ChainSurvey.TakeAsync(
                _destinations,
                Outcome.Database,
                Options.Task,
                _context.Catalog,
                Latest(),
                cancellationToken
            );
            Outcome = Outcome with { NamesAhead = survey.Ahead };
            foreach (var left in _destinations.Where(d => !d.TakesPart))
            {
                Meter.Step($"left out: {left.Failure!.Message}");
            }
            await using var view = await _context.Source.OpenViewAsync(_context.Database, Request(), cancellationToken);
            Opened(view);
            await BackUpAsync(survey, view, cancellationToken);
        }
        catch (Exception e) when (Outcome.State != BackupState.Failed)
        {
            // The archive is published: what goes wrong as things are let go fails nothing any more.
            Meter.Step($"after its end: {e.GetType().Name}: {e.Message}");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Outcome = Outcome with { Error = Surprise.Of($"The backup of '{Outcome.Database}'", e) };
        }
    }

    private IEnumerable<string> Warnings(IDatabaseView view, EncryptionDecision decision)
    {
        if (_context.WasMissed)
        {
            yield return MissedWarning;
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

    private static IEnumerable<string> Ahead(IReadOnlyDictionary<string, IReadOnlyList<string>> names) =>
        names.SelectMany(n =>
            n.Value.Select(path => $"the chain '{path}' at '{n.Key}' has a name that lies in the future: nothing follows it")
        );

    private ViewRequest Request() =>
        _context.Instead is { } reason ? new(BackupType.Snapshot, _context.Key) { Instead = reason } : new(Options.Type, _context.Key);

    // Who does not watch the time cannot tell a name that lies ahead from a clock that is behind; only what no machine
    // will live to see is certain.
    private DateTimeOffset Latest()
    {
        var wall = _context.Time.GetUtcNow();
        return Options.Latest is not { } latest ? wall.AddYears(YearsAhead)
            : latest > wall ? latest
            : wall;
    }

    private void Opened(IDatabaseView view)
    {
        var decision = EncryptionDecision.For(
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
            Warnings = Bounded.Texts([.. Warnings(view, decision), .. Ahead(Outcome.NamesAhead)]),
        };
        Meter.TotalBytes = view.ExpectedBytes;
        Meter.Step(
            $"opened for a {view.Type.ToString().ToLowerInvariant()}: some {view.ExpectedBytes} bytes, version "
                + $"{view.EngineVersion}, encryption {decision.Mode}"
        );
    }

    private async Task BackUpAsync(ChainSurvey survey, IDatabaseView view, CancellationToken cancellationToken)
    {
        var protection = Protection.For(Outcome.Encryption!, Options, Outcome.Database, _context.Key);
        await using var choice = await ChainChooser.ChooseAsync(
            Outcome.Database,
            survey,
            view.Type,
            protection,
            Options,
            _context.Time.GetUtcNow(),
            cancellationToken
        );
        Chosen(choice);
        if (
            !_context.WasMissed
            && choice.Index is not null
            && view.ChangeToken is not null
            && choice.Index.Newest.ChangeToken == view.ChangeToken
        )
        {
            if (Options.ComparesInFull && !await IsSameAsync(view, choice.Index, cancellationToken))
            {
                WasMissed = true; // the view has been read: the backup needs another one
            }
            else
            {
                Unchanged(view);
            }
            return;
        }

        if (choice.Kind == BackupKind.Full)
        {
            await PrepareFullAsync(view.ExpectedBytes, cancellationToken);
        }
        try
        {
            await StoreAsync(survey, view, choice, protection, cancellationToken);
        }
        catch (HoldfastException e) when (choice.Index is not null && e.IsDamage)
        {
            DamagedIndex = e;
            throw;
        }
    }

    // The token covers what SQLite counts, and the file's times; somebody may have changed the file without either.
    private async Task<bool> IsSameAsync(IDatabaseView view, ChainIndex index, CancellationToken cancellationToken)
    {
        Meter.Phase = "comparing";
        var comparison = new ContentComparison(index.Newest.PartMean);
        await view.WriteAsync(new MeteredSink(comparison, Meter), cancellationToken);
        var isSame = comparison.IsHeldBy(index);
        Outcome = Outcome with
        {
            ReadInFull = true,
            Content = isSame ? comparison.Mark(view.ChangeToken!, ContentKey.Of(Options.NodeKey)) : null,
        };
        Meter.Step(isSame ? "compared in full with the newest backup: they are equal" : MissedWarning);
        return isSame;
    }

    private void Chosen(ChainChoice choice)
    {
        Outcome = Outcome with { Kind = choice.Kind };
        if (choice.Reason is not null)
        {
            Outcome = Outcome with { Warnings = [.. Outcome.Warnings, $"made as full: {choice.Reason}"] };
        }
        Meter.Step(
            choice.Chain is null
                ? $"full: {choice.Reason ?? "asked for"}"
                : $"incremental on chain {choice.Chain.Path}, which has {choice.Chain.Archives.Count} archives"
        );
    }

    // One that could not be healed takes part in a new chain all the same, where there is room.
    private async Task PrepareFullAsync(long expectedBytes, CancellationToken cancellationToken)
    {
        foreach (var run in _destinations)
        {
            run.Readmit();
        }
        foreach (var run in _destinations.Where(d => d.TakesPart))
        {
            try
            {
                if (await run.Destination.FreeBytesAsync(cancellationToken) is { } free && free < expectedBytes / BestCompression)
                {
                    run.Fail(NoRoom(run, free, expectedBytes));
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                run.Fail(e);
            }
        }

        if (_destinations.All(d => !d.TakesPart))
        {
            throw _destinations[0].Failure!;
        }
    }

    private static HoldfastException NoRoom(DestinationRun run, long free, long expectedBytes) =>
        new(
            ErrorCatalogue.DestinationFull,
            $"Destination '{run.Name}' has {free} bytes free, too few for a full backup of {expectedBytes} bytes.",
            "Make room there, or give another destination."
        );

    private async Task StoreAsync(
        ChainSurvey survey,
        IDatabaseView view,
        ChainChoice choice,
        Protection protection,
        CancellationToken cancellationToken
    )
    {
        var begun = _context.Time.GetUtcNow();
        await using var uploads = await ArchiveUploads.BeginAsync(
            _destinations,
            Outcome.Database,
            survey.LastName,
            choice.Chain,
            Form(choice, view),
            protection.Archive is not null,
            view.Type,
            Options,
            begun,
            Meter,
            cancellationToken
        );
        foreach (var run in _destinations.Where(d => d.TakesPart))
        {
            Meter.Step($"writing to {run.Name}: {uploads.Path}");
        }
        Meter.Phase = "reading";
        var header = Header(view, choice, begun);
        var summary = await WriteAsync(header, view, choice, protection, uploads, cancellationToken);
        Meter.Phase = "publishing";
        _context.Written();
        if (summary.IsUnchanged)
        {
            Unchanged(view);
            return;
        }

        await uploads.PublishAsync(cancellationToken);
        foreach (var run in _destinations)
        {
            Meter.Step(run.TakesPart ? $"published at {run.Name}" : $"not at {run.Name}: {run.Failure!.Message}");
        }
        await RecordAsync(uploads.Path, header, summary);
        Outcome = Outcome with
        {
            Path = uploads.Path,
            ArchiveId = summary.Id,
            Head = new(header.Chain, header.Id, summary.StoredBytes, summary.StoredSha256, summary.ManifestSha256) { Path = uploads.Path },
            OwnBytes = summary.OwnBytes,
            StoredBytes = summary.StoredBytes,
        };
        Ended(view);
    }

    private static ArchiveForm Form(ChainChoice choice, IDatabaseView view) =>
        choice.Kind == BackupKind.Incremental ? ArchiveForm.IncrementalBackup
        : view.Type == BackupType.Backup ? ArchiveForm.FullBackup
        : view.IsEncrypted ? ArchiveForm.EncryptedSnapshot
        : ArchiveForm.Snapshot;

    private async Task RecordAsync(string path, ArchiveHeader header, ArchiveSummary summary)
    {
        if (_context.Catalog is not { } catalog)
        {
            return;
        }
        if (await catalog.RecordAsync(path, header, summary, [.. _destinations.Select(d => d.Failure)]) is not { } warning)
        {
            return;
        }
        Meter.Step(warning);
        Outcome = Outcome with { Warnings = [.. Outcome.Warnings, warning] };
    }

    // The time is that of the name, or earlier where that second was taken: a name that lies before its header's time
    // is not the archive's own.
    private ArchiveHeader Header(IDatabaseView view, ChainChoice choice, DateTimeOffset begun)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return new()
        {
            Id = id,
            Chain = choice.Index?.Newest.Chain ?? id,
            Parent = choice.Index?.Newest.Id,
            Database = Outcome.Database.ToString(),
            DatabaseEncrypted = view.IsEncrypted,
            Engine = _context.Engine,
            EngineVersion = view.EngineVersion,
            Type = view.Type,
            Kind = choice.Kind,
            Node = Options.Node,
            Task = Options.Task,
            Epoch = Options.Epoch,
            StartTime = begun,
        };
    }

    private async Task<ArchiveSummary> WriteAsync(
        ArchiveHeader header,
        IDatabaseView view,
        ChainChoice choice,
        Protection protection,
        ArchiveUploads uploads,
        CancellationToken cancellationToken
    )
    {
        var small = view.ExpectedBytes < BackupSweep.SmallDatabaseBytes;
        await using var writer = await ArchiveWriter.StartAsync(
            header,
            uploads.Outputs(protection),
            new() { Workers = small ? 1 : Environment.ProcessorCount },
            choice.Index,
            view.ExpectedBytes,
            view.ChangeToken,
            cancellationToken
        );
        writer.File = view.File;
        var known = view.Warnings.Count;
        var fingerprint = await view.WriteAsync(new MeteredSink(writer, Meter), cancellationToken);
        // what only reading showed
        Outcome = Outcome with { Warnings = Bounded.Texts([.. Outcome.Warnings, .. view.Warnings.Skip(known)]) };
        var summary = await writer.CompleteAsync(fingerprint, Outcome.Warnings, _context.Time.GetUtcNow(), cancellationToken);
        Outcome = Outcome with { Content = writer.Mark(ContentKey.Of(Options.NodeKey)) };
        return summary;
    }

    private void Ended(IDatabaseView view)
    {
        var first = _destinations.FirstOrDefault(d => !d.TakesPart)?.Failure;
        Outcome = Outcome with
        {
            State = first is null ? BackupState.Completed : BackupState.CompletedWithErrors,
            Error = first,
            DatabaseBytes = view.ExpectedBytes,
            DestinationFailures = [.. _destinations.Select(d => d.Failure)],
        };
    }

    // A destination that could not be healed is told, though nothing had to be written.
    private void Unchanged(IDatabaseView view)
    {
        Meter.Step("nothing has changed since the chain's newest archive: nothing was written");
        Ended(view);
        if (Outcome.Error is null)
        {
            Outcome = Outcome with { State = BackupState.Unchanged };
        }
    }
}
