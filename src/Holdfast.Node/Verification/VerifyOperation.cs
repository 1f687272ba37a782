using System.Globalization;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Engines;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Operations;
using Holdfast.Node.RestorePoints;

namespace Holdfast.Node.Verification;

/// <summary>Reads chains completely, as an operation, and records the results.</summary>
/// <param name="finder">Finds backups.</param>
/// <param name="keys">Provides the keys.</param>
/// <param name="copies">Compares archives with what was written, and records the results.</param>
/// <param name="catalog">The catalog.</param>
/// <param name="audit">Detects missing archives.</param>
/// <param name="engines">The engines, which check their own streams.</param>
public sealed class VerifyOperation(
    BackupFinder finder,
    RestoreKeys keys,
    CopyVerifier copies,
    ICatalog catalog,
    CatalogAudit audit,
    IReadOnlyCollection<IDatabaseEngine> engines
)
{
    /// <summary>Runs a verification and records its result.</summary>
    public Task RunAsync(VerifyJob job, RunningOperation operation) =>
        OperationRunner.RunAsync(
            operation,
            token => VerifyAsync(job, operation, token),
            $"verification of '{job.Database}'",
            "The results of the completed chains are recorded; verify the others again."
        );

    private async Task<(OperationResult, HoldfastException?)> VerifyAsync(
        VerifyJob job,
        RunningOperation operation,
        CancellationToken cancellationToken
    )
    {
        var run = new Totals();
        operation.MarkStarted(
            () =>
                (
                    "reading",
                    new()
                    {
                        TotalBytes = run.Total,
                        DoneBytes = run.Done,
                        Items = run.Archives,
                    }
                ),
            () => run.Activity
        );
        job = job with { From = await finder.NormalizeAsync(job.From, cancellationToken) };
        await using var found = await finder.SearchAsync(job.From, cancellationToken);
        var isLost = await AddMissingAsync(job, found, run, operation, cancellationToken);
        if (found.Locations.Count == 0 && !isLost)
        {
            throw found.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"No destination has a backup of '{job.Database}'.",
                    "Try another path, or check the destinations."
                );
        }
        var archiveKeys = await keys.AllAsync(job.From, job.Keys, cancellationToken);
        run.Total = found.Locations.Sum(p => Bytes(p.Resolved));
        operation.Write(
            $"{found.Locations.Sum(p => p.Resolved.Chains.Count)} chains to read at {found.Locations.Count} locations, {run.Total} bytes"
        );
        foreach (var (name, problem) in found.Problems)
        {
            operation.Write($"{name} cannot be read: {problem.Message}");
        }
        foreach (var (name, problem) in found.Problems)
        {
            run.Add(name, $"It cannot be read: {problem.Message}", problem);
        }
        foreach (
            var location in found.Locations.Select(p =>
                p with
                {
                    Resolved = p.Resolved with
                    {
                        Destination = new ActivityReportingDestination(p.Resolved.Destination, run.RecordActivity),
                    },
                }
            )
        )
        {
            foreach (var chain in location.Resolved.Chains)
            {
                if (location.Destination is { } at && audit.IsPartlyDeleted(at, location.PathOf(chain), chain))
                {
                    run.Problems.TryAdd(at, []);
                    operation.Write($"{location.ReferenceTo(chain.Path)}: expiring, so it is not verified");
                    continue;
                }
                await VerifyAsync(job, location, chain, archiveKeys, run, operation, cancellationToken);
            }
        }

        var result = new OperationResult
        {
            StoredBytes = run.Done,
            Destinations = run.Problems.ToDictionary(
                p => p.Key,
                p => p.Value.Count == 0 ? null : string.Join(' ', p.Value),
                StringComparer.Ordinal
            ),
            Warnings = run.Notes,
        };
        return (
            result,
            run.FirstProblem is null
                ? null
                : new(
                    run.FirstProblem.Error,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{run.DamagedArchives} of {run.Archives} archives have problems. The first: {run.FirstProblem.Message}"
                    ),
                    run.FirstProblem.Hint
                )
        );
    }

    // Missing archives cannot be read, so the listings are compared with the catalog first.
    private async Task<bool> AddMissingAsync(
        VerifyJob job,
        BackupSearchResult found,
        Totals run,
        RunningOperation operation,
        CancellationToken cancellationToken
    )
    {
        var known = catalog.ChainsOf(job.Database);
        var names = BackupFinder.IsDatabase(job.From)
            ? known.SelectMany(c => c.Destinations).Distinct(StringComparer.Ordinal).ToList()
            : found.Locations.Select(p => p.Destination).OfType<string>().ToList();
        var within = BackupFinder.IsDatabase(job.From)
            ? null
            : found
                .Locations.Where(p => p.Destination is not null)
                .SelectMany(p => p.Resolved.Chains.Select(p.PathOf))
                .ToHashSet(StringComparer.Ordinal);
        var isLost = false;
        foreach (var name in names)
        {
            if (found.Problems.ContainsKey(name) || found.Locations.Any(p => p.Resolved.Archive is not null))
            {
                continue;
            }
            await audit.CompareAsync(name, job.Database, cancellationToken);
            foreach (var chain in catalog.ChainsOf(job.Database).Where(c => within?.Contains(c.Path) ?? true))
            {
                foreach (var entry in chain.Entries)
                {
                    if (entry.CopyAt(name) is not { State: CopyState.Missing, Problem: { } problem })
                    {
                        continue;
                    }
                    isLost = true;
                    if (problem.Code != ErrorCatalog.NotFound.Code)
                    {
                        continue; // it exists, and will be read
                    }
                    var missing = new HoldfastException(
                        ErrorCatalog.NotFound,
                        $"'{chain.Path}/{entry.Archive.Name}' is not at '{name}'.",
                        "Find out who deleted it. If another destination has it, it is copied back."
                    );
                    operation.Write($"{name}: {chain.Path}/{entry.Archive.Name}: missing");
                    run.Archives++;
                    run.DamagedArchives++;
                    run.Add(name, $"{entry.Archive.Name}: missing", missing);
                }
            }
        }

        return isLost;
    }

    private async Task VerifyAsync(
        VerifyJob job,
        BackupLocation location,
        StoredChain chain,
        AgeKeys archiveKeys,
        Totals run,
        RunningOperation operation,
        CancellationToken cancellationToken
    )
    {
        var name = location.Destination ?? location.From;
        run.Problems.TryAdd(name, []);
        await foreach (
            var verified in Verifier.VerifyAsync(location.Resolved with { Chains = [chain] }, archiveKeys, engines, cancellationToken)
        )
        {
            run.Archives++;
            run.Done += verified.Archive.Length;
            var file = verified.Archive.Name.ToString();
            var (problem, note) = await RecordAsync(job, location, chain, verified, cancellationToken);
            operation.Write($"{location.ReferenceTo(verified.Archive.Path)}: {problem?.Message ?? note ?? "intact"}");
            if (note is not null)
            {
                run.Notes.Add($"{name}: {file}: {note}");
            }
            if (problem is null)
            {
                continue;
            }
            run.DamagedArchives++;
            run.Add(name, $"{file}: {problem.Message}", problem);
        }
    }

    // Nothing is recorded for a path, because records belong to destinations. For unrecorded archives only the names can be
    // checked.
    private async Task<(HoldfastException? Problem, string? Note)> RecordAsync(
        VerifyJob job,
        BackupLocation location,
        StoredChain chain,
        VerifyResult verified,
        CancellationToken cancellationToken
    )
    {
        if (
            verified is { Problem: null, Header: { } header }
            && (location.Destination is null || !copies.IsRecorded(location.PathOf(chain), verified.Archive.Name.ToString()))
            && LayoutValidator.FindMismatch(location.Resolved, chain, verified.Archive, header) is { } mismatch
        )
        {
            if (location.Resolved.Archive is null)
            {
                verified = verified with { Problem = mismatch };
            }
            else if (location.Destination is null)
            {
                return (null, mismatch.Message);
            }
        }

        if (location.Destination is not { } destination)
        {
            return (verified.Problem, null);
        }
        return await copies.RecordAsync(
            destination,
            location.Resolved.Destination,
            job.Database,
            chain with
            {
                Path = location.PathOf(chain),
            },
            verified,
            job.HashSuffices,
            cancellationToken
        );
    }

    private static long Bytes(ResolvedLocation stored) => stored.Archive?.Length ?? stored.Chains.Sum(c => c.Archives.Sum(a => a.Length));

    // Written by the verification, read concurrently by others.
    private sealed class Totals
    {
        private long _done;
        private long _activity;

        public long Activity => Interlocked.Read(ref _activity);

        public void RecordActivity(long bytes) => Interlocked.Add(ref _activity, bytes);

        public long Total { get; set; }

        public long Done
        {
            get => Interlocked.Read(ref _done);
            set => Interlocked.Exchange(ref _done, value);
        }

        public int Archives { get; set; }

        public int DamagedArchives { get; set; }

        public HoldfastException? FirstProblem { get; private set; }

        public List<string> Notes { get; } = [];

        public Dictionary<string, List<string>> Problems { get; } = new(StringComparer.Ordinal);

        public void Add(string location, string text, HoldfastException problem)
        {
            FirstProblem ??= problem;
            if (!Problems.TryGetValue(location, out var list))
            {
                Problems[location] = list = [];
            }
            list.Add(text);
        }
    }
}
