using System.Globalization;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Engines;
using Holdfast.Node.Catalog;
using Holdfast.Node.Operations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Reads every byte of chains, as an operation, and keeps what was found.</summary>
/// <param name="finder">Finds backups.</param>
/// <param name="keys">Gives the keys that may open them.</param>
/// <param name="copies">Holds what was read against what was written, and takes what was found.</param>
/// <param name="catalog">What is known of the archives.</param>
/// <param name="audit">Tells what is missing.</param>
/// <param name="engines">Look at what they have made.</param>
public sealed class VerifyExecutor(
    BackupFinder finder,
    RestoreKeys keys,
    CopyVerifier copies,
    ICatalog catalog,
    CatalogAudit audit,
    IReadOnlyCollection<IDatabaseEngine> engines
)
{
    /// <summary>Runs it to its end, whatever that is.</summary>
    public Task RunAsync(VerifyAsk ask, LiveOperation operation) =>
        OperationRun.ToItsEndAsync(
            operation,
            token => VerifyAsync(ask, operation, token),
            $"verification of '{ask.Database}'",
            "Chains that were read to their end before it are noted; verify the others again."
        );

    private async Task<(OperationResult, HoldfastException?)> VerifyAsync(
        VerifyAsk ask,
        LiveOperation operation,
        CancellationToken cancellationToken
    )
    {
        var run = new Run();
        operation.Began(
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
            () => run.Moves
        );
        ask = ask with { From = await finder.PlaceAsync(ask.From, cancellationToken) };
        await using var found = await finder.LookAsync(ask.From, cancellationToken);
        var isLost = await AddMissingAsync(ask, found, run, operation, cancellationToken);
        if (found.Places.Count == 0 && !isLost)
        {
            throw found.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalogue.NotFound,
                    $"No destination has a backup of '{ask.Database}'.",
                    "Look at another path, or check the destinations."
                );
        }
        var opens = await keys.AllAsync(ask.From, ask.Keys, cancellationToken);
        run.Total = found.Places.Sum(p => Bytes(p.Stored));
        operation.Write($"{found.Places.Sum(p => p.Stored.Chains.Count)} chains to read at {found.Places.Count} places, {run.Total} bytes");
        foreach (var (name, problem) in found.Problems)
        {
            operation.Write($"{name} cannot be looked at: {problem.Message}");
        }
        foreach (var (name, problem) in found.Problems)
        {
            run.Add(name, $"It cannot be looked at: {problem.Message}", problem);
        }
        foreach (
            var place in found.Places.Select(p =>
                p with
                {
                    Stored = p.Stored with { Destination = new WatchedDestination(p.Stored.Destination, run.Moved) },
                }
            )
        )
        {
            foreach (var chain in place.Stored.Chains)
            {
                await VerifyAsync(ask, place, chain, opens, run, operation, cancellationToken);
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
            run.First is null
                ? null
                : new(
                    run.First.Error,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{run.Bad} of {run.Archives} archives cannot be relied on. The first: {run.First.Message}"
                    ),
                    run.First.Hint
                )
        );
    }

    // What is not there cannot be read: the listings are held against the catalog first.
    private async Task<bool> AddMissingAsync(
        VerifyAsk ask,
        FoundBackups found,
        Run run,
        LiveOperation operation,
        CancellationToken cancellationToken
    )
    {
        var known = catalog.ChainsOf(ask.Database);
        var names = BackupFinder.IsDatabase(ask.From)
            ? known.SelectMany(c => c.Destinations).Distinct(StringComparer.Ordinal).ToList()
            : found.Places.Select(p => p.Destination).OfType<string>().ToList();
        var within = BackupFinder.IsDatabase(ask.From)
            ? null
            : found
                .Places.Where(p => p.Destination is not null)
                .SelectMany(p => p.Stored.Chains.Select(p.PathOf))
                .ToHashSet(StringComparer.Ordinal);
        var isLost = false;
        foreach (var name in names)
        {
            if (found.Problems.ContainsKey(name) || found.Places.Any(p => p.Stored.Archive is not null))
            {
                continue;
            }
            await audit.CompareAsync(name, ask.Database, cancellationToken);
            foreach (var chain in catalog.ChainsOf(ask.Database).Where(c => within?.Contains(c.Path) ?? true))
            {
                foreach (var entry in chain.Entries)
                {
                    if (entry.At(name) is not { State: CopyState.Missing, Problem: { } problem })
                    {
                        continue;
                    }
                    isLost = true;
                    if (problem.Code != ErrorCatalogue.NotFound.Code)
                    {
                        continue; // it is there, and will be read
                    }
                    var missing = new HoldfastException(
                        ErrorCatalogue.NotFound,
                        $"'{chain.Path}/{entry.Archive.Name}' is not at '{name}'.",
                        "Find out who deleted it. Where another destination has it, it is copied back."
                    );
                    operation.Write($"{name}: {chain.Path}/{entry.Archive.Name}: missing");
                    run.Archives++;
                    run.Bad++;
                    run.Add(name, $"{entry.Archive.Name}: missing", missing);
                }
            }
        }

        return isLost;
    }

    private async Task VerifyAsync(
        VerifyAsk ask,
        FoundPlace place,
        StoredChain chain,
        AgeKeys opens,
        Run run,
        LiveOperation operation,
        CancellationToken cancellationToken
    )
    {
        var name = place.Destination ?? place.From;
        run.Problems.TryAdd(name, []);
        await foreach (var verified in Verifier.VerifyAsync(place.Stored with { Chains = [chain] }, opens, engines, cancellationToken))
        {
            run.Archives++;
            run.Done += verified.Archive.Length;
            var file = verified.Archive.Name.ToString();
            var (problem, note) = await TakeAsync(ask, place, chain, verified, cancellationToken);
            operation.Write($"{place.At(verified.Archive.Path)}: {problem?.Message ?? note ?? "whole"}");
            if (note is not null)
            {
                run.Notes.Add($"{name}: {file}: {note}");
            }
            if (problem is null)
            {
                continue;
            }
            run.Bad++;
            run.Add(name, $"{file}: {problem.Message}", problem);
        }
    }

    // Of a path nothing is kept: what is kept is about destinations. Of what nobody has recorded only the names can
    // tell whether it belongs there.
    private async Task<(HoldfastException? Problem, string? Note)> TakeAsync(
        VerifyAsk ask,
        FoundPlace place,
        StoredChain chain,
        VerifyResult verified,
        CancellationToken cancellationToken
    )
    {
        if (
            verified is { Problem: null, Header: { } header }
            && (place.Destination is null || !copies.IsRecorded(place.PathOf(chain), verified.Archive.Name.ToString()))
            && LayoutCheck.Mismatch(place.Stored, chain, verified.Archive, header) is { } mismatch
        )
        {
            if (place.Stored.Archive is null)
            {
                verified = verified with { Problem = mismatch };
            }
            else if (place.Destination is null)
            {
                return (null, mismatch.Message);
            }
        }

        if (place.Destination is not { } destination)
        {
            return (verified.Problem, null);
        }
        return await copies.TakeAsync(
            destination,
            place.Stored.Destination,
            ask.Database,
            chain with
            {
                Path = place.PathOf(chain),
            },
            verified.Archive,
            verified,
            ask.HashSuffices,
            cancellationToken
        );
    }

    private static long Bytes(StoredPath stored) => stored.Archive?.Length ?? stored.Chains.Sum(c => c.Archives.Sum(a => a.Length));

    // Written by the one who verifies, read by those who look on.
    private sealed class Run
    {
        private long _done;
        private long _moved;

        public long Moves => Interlocked.Read(ref _moved);

        public void Moved(long bytes) => Interlocked.Add(ref _moved, bytes);

        public long Total { get; set; }

        public long Done
        {
            get => Interlocked.Read(ref _done);
            set => Interlocked.Exchange(ref _done, value);
        }

        public int Archives { get; set; }

        public int Bad { get; set; }

        public HoldfastException? First { get; private set; }

        public List<string> Notes { get; } = [];

        public Dictionary<string, List<string>> Problems { get; } = new(StringComparer.Ordinal);

        public void Add(string place, string text, HoldfastException problem)
        {
            First ??= problem;
            if (!Problems.TryGetValue(place, out var list))
            {
                Problems[place] = list = [];
            }
            list.Add(text);
        }
    }
}
