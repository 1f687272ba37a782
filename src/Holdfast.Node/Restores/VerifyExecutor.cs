using System.Globalization;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Operations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Reads every byte of chains, as an operation, and keeps what was found.</summary>
/// <param name="finder">Finds backups.</param>
/// <param name="keys">Gives the keys that may open them.</param>
/// <param name="checks">Takes what was found.</param>
/// <param name="time">The clock.</param>
public sealed class VerifyExecutor(BackupFinder finder, RestoreKeys keys, ChainChecks checks, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1); // reading takes whole cores and disks: backups come first

    /// <summary>Runs it to its end, whatever that is.</summary>
    public Task RunAsync(VerifyAsk ask, LiveOperation operation) =>
        OperationRun.ToItsEndAsync(operation, token => VerifyAsync(ask, operation, token), $"verification of '{ask.Database}'", "Chains that were read to their end before it are noted; verify the others again.");

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<(OperationResult, HoldfastException?)> VerifyAsync(VerifyAsk ask, LiveOperation operation, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await VerifyInTurnAsync(ask, operation, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<(OperationResult, HoldfastException?)> VerifyInTurnAsync(VerifyAsk ask, LiveOperation operation, CancellationToken cancellationToken)
    {
        var run = new Run();
        operation.Began(() => ("reading", new() { TotalBytes = run.Total, DoneBytes = run.Done, Items = run.Archives }));
        var found = await finder.LookAsync(ask.From, cancellationToken);
        if (found.Places.Count == 0) throw found.Problems.Values.FirstOrDefault() ?? new HoldfastException(ErrorCatalogue.NotFound, $"No destination has a backup of '{ask.Database}'.", "Look at another path, or check the destinations.");
        var opens = await keys.AllAsync(ask.From, ask.Keys, cancellationToken);
        run.Total = found.Places.Sum(p => Bytes(p.Stored));
        foreach (var (name, problem) in found.Problems) run.Add(name, $"It cannot be looked at: {problem.Message}", problem);
        foreach (var place in found.Places)
        {
            foreach (var chain in place.Stored.Chains) await VerifyAsync(place, chain, opens, run, operation, cancellationToken);
        }

        var result = new OperationResult { StoredBytes = run.Done, Destinations = run.Problems.ToDictionary(p => p.Key, p => p.Value.Count == 0 ? null : string.Join(' ', p.Value), StringComparer.Ordinal) };
        return (result, run.First is null ? null : new(run.First.Error, string.Create(CultureInfo.InvariantCulture, $"{run.Bad} of {run.Archives} archives cannot be relied on. The first: {run.First.Message}"), run.First.Hint));
    }

    private async Task VerifyAsync(FoundPlace place, StoredChain chain, AgeKeys opens, Run run, LiveOperation operation, CancellationToken cancellationToken)
    {
        var name = place.Destination ?? place.From;
        run.Problems.TryAdd(name, []);
        var problems = new Dictionary<string, OperationError>(StringComparer.Ordinal);
        await foreach (var verified in Verifier.VerifyAsync(place.Stored with { Chains = [chain] }, opens, cancellationToken))
        {
            run.Archives++;
            run.Done += verified.Archive.Length;
            var file = verified.Archive.Name.ToString();
            operation.Write($"{place.At(verified.Archive.Path)}: {verified.Problem?.Message ?? "whole"}");
            if (verified.Problem is not { } problem) continue;
            run.Bad++;
            problems[file] = OperationError.Of(problem);
            run.Add(name, $"{file}: {problem.Message}", problem);
        }

        // Of one archive that was named nothing is kept: what is kept is about chains.
        if (place.Destination is { } destination && place.Stored.Archive is null) checks.Set(destination, place.PathOf(chain), new(time.GetUtcNow(), chain.NewestTime, problems));
    }

    private static long Bytes(StoredPath stored) => stored.Archive?.Length ?? stored.Chains.Sum(c => c.Archives.Sum(a => a.Length));

    // Written by the one who verifies, read by those who look on.
    private sealed class Run
    {
        private long _done;

        public long Total { get; set; }

        public long Done
        {
            get => Interlocked.Read(ref _done);
            set => Interlocked.Exchange(ref _done, value);
        }

        public int Archives { get; set; }

        public int Bad { get; set; }

        public HoldfastException? First { get; private set; }

        public Dictionary<string, List<string>> Problems { get; } = new(StringComparer.Ordinal);

        public void Add(string place, string text, HoldfastException problem)
        {
            First ??= problem;
            if (!Problems.TryGetValue(place, out var list)) Problems[place] = list = [];
            list.Add(text);
        }
    }
}
