using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Restores;

/// <summary>Restores one point as a new database, as an operation.</summary>
/// <param name="finder">Finds backups.</param>
/// <param name="points">Opens the point.</param>
/// <param name="sources">The sources of this node.</param>
/// <param name="roles">Knows whether the roles that run restores are as they were.</param>
/// <param name="time">The clock.</param>
public sealed class RestoreExecutor(BackupFinder finder, PointOpener points, SourceBook sources, RestoreRoles roles, TimeProvider time)
{
    private const int MostListed = 20;

    // Who asks waits for it; what takes longer shows when it is the restore's turn.
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(10);

    /// <summary>Looks whether one backup lies there that can be meant.</summary>
    /// <param name="from">As <see cref="RestoreAsk.From"/> says.</param>
    /// <param name="point">As <see cref="RestoreAsk.Point"/> says. Where several databases lie, only an archive's id tells one.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="HoldfastException">
    /// Nothing is there, or <see cref="ErrorCatalogue.Ambiguous"/> with the databases that are, if there are several.
    /// </exception>
    public async Task CheckAsync(string from, string? point, CancellationToken cancellationToken)
    {
        if (point is not null && PointFinder.IsId(point))
        {
            return;
        }
        await using var found = await TryLookAsync(from, cancellationToken);
        if (found is null)
        {
            return;
        }
        if (BackupFinder.IsDatabase(from))
        {
            if (found.Places.Count > 0)
            {
                return;
            }
            throw found.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalogue.NotFound,
                    $"No destination has a backup of '{from}'.",
                    "Look at another path, or check the destinations."
                );
        }

        var folders = found
            .Places.Where(p => p.Stored.Archive is null)
            .SelectMany(p => p.Stored.Chains.Where(c => c.Archives.Count > 0).Select(c => (Database: p.DatabaseOf(c), Chain: p.At(c.Path))))
            .ToList();
        var databases = folders.Select(f => f.Database).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (databases.Count > 1)
        {
            throw Several(
                $"backups of {databases.Count} databases: {Listed(databases)}.",
                "Give the folder of one of them: GET /api/v1/backups/databases lists them."
            );
        }
        if (folders.Count > 1 && point is null)
        {
            throw Several(
                $"{folders.Count} chains of '{databases[0]}': {Listed([.. folders.Select(f => f.Chain)])}.",
                "Give one chain's folder, or a point."
            );
        }

        HoldfastException Several(string what, string hint) => new(ErrorCatalogue.Ambiguous, $"'{from}' holds {what}", hint);
    }

    /// <summary>Runs it to its end, whatever that is.</summary>
    public Task RunAsync(RestoreAsk ask, LiveOperation operation) =>
        OperationRun.ToItsEndAsync(
            operation,
            async token => (await RestoreAsync(ask, operation, token), null), // whether it is whole it has noted itself
            $"restore of '{ask.Target}'",
            "Nothing is left of the new database; restore it again."
        );

    private async Task<OperationResult> RestoreAsync(RestoreAsk ask, LiveOperation operation, CancellationToken cancellationToken)
    {
        var phase = "looking";
        var meter = new RestoreMeter();
        operation.Began(() =>
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
        // saved anew meanwhile, it stays usable until this has ended
        await using var use = await sources.UseAsync(ask.Target.Source, cancellationToken);
        await using var all = await points.FindAsync(ask.From, ask.Point, ask.Keys, cancellationToken);
        var notes = new List<string>(all.Notes);
        foreach (var note in notes)
        {
            operation.Write(note);
        }
        OperationResult? result = null;
        HoldfastException? problem = null;
        for (var i = 0; result is null; i++)
        {
            var place = all.Places[i];
            OpenedPoint? opened = null;
            try
            {
                opened = await points.OpenAsync(place, all, ask.Keys, cancellationToken);
                operation.Write(
                    $"restoring {place.Point.Archive.Path} from '{place.Name}', from a chain of "
                        + $"{(place.Point.Chain.Archives.Count is 1 ? "1 archive" : $"{place.Point.Chain.Archives.Count} archives")}"
                );
                foreach (var warning in opened.Warnings)
                {
                    operation.Write(warning);
                }
                phase = "writing";
                (result, problem) = await RestoreAsync(ask, use, place, opened, notes, meter = Meter(ask), operation);
            }
            catch (HoldfastException e) when (PointOpener.IsOfTheCopy(e) && !cancellationToken.IsCancellationRequested)
            {
                await points.NoteAsync(place, all, opened, e, cancellationToken);
                if (i == all.Places.Count - 1)
                {
                    throw;
                }
                notes.Add($"not from '{place.Name}': {e.Message}");
                operation.Write($"{notes[^1]} Trying '{all.Places[i + 1].Name}'.");
            }
            finally
            {
                if (opened is not null)
                {
                    await opened.DisposeAsync();
                }
            }
        }

        var state = problem is null ? OperationState.Completed : OperationState.CompletedWithErrors;
        operation.Succeeded(state, result, problem); // the database is there: nothing that fails from now on changes that
        operation.Write($"'{ask.Target}' is there");
        phase = "discovering";
        if (sources.Find(ask.Target.Source) is { } now)
        {
            await now.LookAsync(cancellationToken); // covered from now on, by whoever looks at the source now
        }
        return result;
    }

    private RestoreMeter Meter(RestoreAsk ask)
    {
        var id = Guid.NewGuid().ToString("n");
        return new() { Id = id, Loading = (role, token) => roles.BeginAsync(ask.Target.Source, id, ask.Target.Name, role, token) };
    }

    private async Task<RestoredDatabase> MakeAsync(
        RestoreAsk ask,
        SourceUse use,
        OpenedPoint opened,
        RestoreMeter meter,
        CancellationToken cancellationToken
    )
    {
        Exception? failure = null;
        try
        {
            return await RestoreRunner.RunAsync(
                use.Engine,
                use.Source,
                ask.Target.Name,
                opened.Reader,
                ask.File,
                ask.ContinueOnError,
                meter,
                cancellationToken
            );
        }
        catch (Exception e)
        {
            failure = e;
            if (meter.RestoreRole is null && e is HoldfastException known && roles.Explained(ask.Target.Source, known) is { } explained)
            {
                throw explained;
            }
            throw;
        }
        finally
        {
            roles.End(ask.Target.Source, meter.Id, meter.RestoreRole, failure);
        }
    }

    private async Task<(OperationResult Result, HoldfastException? Problem)> RestoreAsync(
        RestoreAsk ask,
        SourceUse use,
        PointPlace place,
        OpenedPoint opened,
        List<string> notes,
        RestoreMeter meter,
        LiveOperation operation
    )
    {
        var reader = opened.Reader;
        var made = await MakeAsync(ask, use, opened, meter, operation.Stopping);
        if (made.File is { } file)
        {
            operation.Write($"its file belongs to {file}");
        }
        IReadOnlyList<string> warnings = [.. opened.Warnings, .. made.Warnings];
        foreach (var warning in made.Warnings)
        {
            operation.Write(warning);
        }
        var result = new OperationResult
        {
            Type = reader.Point.Header.Type,
            Path = place.Point.Archive.Path,
            ArchiveId = reader.Point.Header.Id,
            DatabaseBytes = meter.TotalBytes,
            StoredBytes = place.Point.Archive.Length,
            Destinations = place.Destination is { } name
                ? new Dictionary<string, string?> { [name] = null }
                : new Dictionary<string, string?>(),
            Warnings = notes.Count == 0 ? warnings : [$"restored from '{place.Name}': {string.Join("; ", notes)}", .. warnings],
        };
        return (result, made.Problem(ask.Target.ToString()));
    }

    private static string Listed(List<string> names) =>
        string.Join(", ", names.Take(MostListed)) + (names.Count > MostListed ? $" and {names.Count - MostListed} more" : "");

    private async Task<FoundBackups?> TryLookAsync(string from, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(CheckPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await finder.LookAsync(from, both.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
