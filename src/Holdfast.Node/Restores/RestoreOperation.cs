using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.RestorePoints.Copies;

namespace Holdfast.Node.Restores;

/// <summary>Restores a restore point as a new database, as an operation.</summary>
/// <param name="finder">Finds backups.</param>
/// <param name="points">Opens the restore point.</param>
/// <param name="sources">The sources of this node.</param>
/// <param name="roles">Tracks whether the roles that run restores are unchanged.</param>
/// <param name="time">The clock.</param>
public sealed class RestoreOperation(
    BackupFinder finder,
    RestorePointOpener points,
    SourceRegistry sources,
    RestoreRoleGuard roles,
    TimeProvider time
)
{
    private const int MaxListed = 20;

    // The requesting user waits for it; a slower check is left to the restore itself.
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Checks that the location has exactly one backup that can be meant.</summary>
    /// <param name="from">See <see cref="RestoreJob.From"/>.</param>
    /// <param name="point">
    /// See <see cref="RestoreJob.Point"/>. If there are several databases, only the id of an archive is unambiguous.
    /// </param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <exception cref="HoldfastException">There is no backup, or <see cref="ErrorCatalog.Ambiguous"/> with the candidates if
    /// there are several databases.</exception>
    public async Task ValidateAsync(string from, string? point, CancellationToken cancellationToken)
    {
        if (point is not null && RestorePointFinder.IsId(point))
        {
            return;
        }
        await using var found = await TrySearchAsync(from, cancellationToken);
        if (found is null)
        {
            return;
        }
        if (BackupFinder.IsDatabase(from))
        {
            if (found.Locations.Count > 0)
            {
                return;
            }
            throw found.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"No destination has a backup of '{from}'.",
                    "Try another path, or check the destinations."
                );
        }

        var folders = found
            .Locations.Where(p => p.Resolved.Archive is null)
            .SelectMany(p =>
                p.Resolved.Chains.Where(c => c.Archives.Count > 0).Select(c => (Database: p.DatabaseOf(c), Chain: p.ReferenceTo(c.Path)))
            )
            .ToList();
        var databases = folders.Select(f => f.Database).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (databases.Count > 1)
        {
            throw Several(
                $"backups of {databases.Count} databases: {FormatList(databases)}.",
                "Give the folder of one of them: GET /api/v1/backups/databases lists them."
            );
        }
        if (folders.Count > 1 && point is null)
        {
            throw Several(
                $"{folders.Count} chains of '{databases[0]}': {FormatList([.. folders.Select(f => f.Chain)])}.",
                "Give one chain's folder, or a restore point."
            );
        }

        HoldfastException Several(string what, string hint) => new(ErrorCatalog.Ambiguous, $"'{from}' has {what}", hint);
    }

    /// <summary>Runs a restore and records its result.</summary>
    public Task RunAsync(RestoreJob job, RunningOperation operation) =>
        OperationRunner.RunAsync(
            operation,
            async token => (await RestoreAsync(job, operation, token), null), // the restore has already recorded whether it is complete
            $"restore of '{job.Target}'",
            "Nothing is left of the new database; restore it again."
        );

    private async Task<OperationResult> RestoreAsync(RestoreJob job, RunningOperation operation, CancellationToken cancellationToken)
    {
        var phase = "looking";
        var meter = new RestoreMeter();
        operation.MarkStarted(() =>
            (
                phase,
                new()
                {
                    TotalBytes = meter.TotalBytes,
                    DoneBytes = meter.DoneBytes,
                    Items = meter.Items,
                }
            )
        );
        // even if the source is saved meanwhile, this instance stays usable until the restore has ended
        await using var lease = await sources.AcquireAsync(job.Target.Source, cancellationToken);
        await using var all = await points.FindAsync(job.From, job.Point, job.Keys, cancellationToken);
        var notes = new List<string>(all.Notes);
        foreach (var note in notes)
        {
            operation.Write(note);
        }
        var copies = new ChainCopies(operation.Write);
        OperationResult? result = null;
        HoldfastException? problem = null;
        for (var i = 0; result is null; i++)
        {
            var location = all.Locations[i];
            OpenedRestorePoint? opened = null;
            try
            {
                opened = await points.OpenAsync(location, all, job.Keys, copies, cancellationToken);
                operation.Write(
                    $"restoring {location.Point.Archive.Path} from '{location.Name}', from a chain of "
                        + $"{(location.Point.Chain.Archives.Count is 1 ? "1 archive" : $"{location.Point.Chain.Archives.Count} archives")}"
                );
                foreach (var warning in opened.Warnings)
                {
                    operation.Write(warning);
                }
                phase = "writing";
                meter = CreateMeter(job);
                var made = await CreateDatabaseAsync(job, lease, opened, meter, operation.Stopping);
                result = CreateResult(location, opened, made, notes, copies, meter, operation);
                problem = made.CreateProblem(job.Target.ToString());
            }
            catch (HoldfastException e) when (RestorePointOpener.IsCopyFailure(e) && !cancellationToken.IsCancellationRequested)
            {
                if (copies.TryAddFailure(location, e))
                {
                    await points.TryRecordDamageAsync(location, all, opened, e, cancellationToken);
                }
                if (i == all.Locations.Count - 1)
                {
                    throw copies.CreateError(e);
                }
            }
            finally
            {
                foreach (var failure in copies.TakeUnrecorded())
                {
                    await points.TryRecordDamageAsync(failure.Location, all, null, failure.Problem, CancellationToken.None);
                }
                if (opened is not null)
                {
                    await opened.DisposeAsync();
                }
            }
        }

        var state = problem is null ? OperationState.Completed : OperationState.CompletedWithErrors;
        operation.TryMarkSucceeded(state, result, problem); // the database exists: no later failure changes that
        operation.Write($"'{job.Target}' has been created");
        phase = "discovering";
        if (sources.Find(job.Target.Source) is { } now)
        {
            await now.DiscoverAsync(cancellationToken); // covered from now on, by the current instance of the source
        }
        return result;
    }

    private RestoreMeter CreateMeter(RestoreJob job)
    {
        var id = Guid.NewGuid().ToString("n");
        return new() { Id = id, OnLoading = (role, token) => roles.RecordStartAsync(job.Target.Source, id, job.Target.Name, role, token) };
    }

    private async Task<RestoredDatabase> CreateDatabaseAsync(
        RestoreJob job,
        SourceLease lease,
        OpenedRestorePoint opened,
        RestoreMeter meter,
        CancellationToken cancellationToken
    )
    {
        Exception? failure = null;
        try
        {
            return await DatabaseRestore.RunAsync(
                lease.Engine,
                lease.Source,
                job.Target.Name,
                opened.Reader,
                new() { File = job.File, ContinueOnError = job.ContinueOnError },
                meter,
                cancellationToken
            );
        }
        catch (Exception e)
        {
            failure = e;
            if (
                meter.RestoreRole is null
                && e is HoldfastException known
                && roles.ExplainFailure(job.Target.Source, known) is { } explained
            )
            {
                throw explained;
            }
            throw;
        }
        finally
        {
            roles.RecordEnd(job.Target.Source, meter.Id, meter.RestoreRole, failure);
        }
    }

    private static OperationResult CreateResult(
        RestorePointLocation location,
        OpenedRestorePoint opened,
        RestoredDatabase made,
        List<string> notes,
        ChainCopies copies,
        RestoreMeter meter,
        RunningOperation operation
    )
    {
        if (made.File is { } file)
        {
            operation.Write($"its file belongs to {file}");
        }
        foreach (var warning in made.Warnings)
        {
            operation.Write(warning);
        }
        var failed = copies.Describe();
        var used = copies.Used.Select(u => u.Name).Except(failed.Select(f => f.Name)).DefaultIfEmpty(location.Name).ToList();
        List<string> all = [.. notes, .. failed.Select(f => $"not from '{f.Name}': {f.Message}")];
        List<string> warnings = [.. opened.Warnings, .. made.Warnings];
        var reader = opened.Reader;
        return new()
        {
            Type = reader.Point.Header.Type,
            Path = location.Point.Archive.Path,
            ArchiveId = reader.Point.Header.Id,
            DatabaseBytes = meter.TotalBytes,
            StoredBytes = location.Point.Archive.Length,
            Destinations = location.Destination is null
                ? new Dictionary<string, string?>()
                : failed
                    .GroupBy(f => f.Name, f => f.Message)
                    .Select(f => KeyValuePair.Create(f.Key, (string?)string.Join(' ', f)))
                    .Concat(used.Select(u => KeyValuePair.Create(u, (string?)null)))
                    .ToDictionary(StringComparer.Ordinal),
            Warnings =
                all.Count == 0
                    ? warnings
                    : [$"restored from {string.Join(", ", used.Select(u => $"'{u}'"))}: {string.Join("; ", all)}", .. warnings],
        };
    }

    private static string FormatList(List<string> names) =>
        string.Join(", ", names.Take(MaxListed)) + (names.Count > MaxListed ? $" and {names.Count - MaxListed} more" : "");

    private async Task<BackupSearchResult?> TrySearchAsync(string from, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(CheckTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await finder.SearchAsync(from, both.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
