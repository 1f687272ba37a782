using System.Text;
using CsCheck;
using Holdfast.State.Embedded;

namespace Holdfast.State.Tests;

/// <summary>Concurrent writers with random transactions: all results are those of a store that runs transactions serially.</summary>
public sealed class RaceTests : IAsyncLifetime
{
    private const int Keys = 4;

    // The revision that a writer expects of a key: none, the last one it saw, or a wrong one.
    private static readonly Gen<(int Key, int Belief)> Condition = Gen.Select(
        Gen.Int[0, Keys - 1],
        Gen.Frequency((2, Gen.Const(0)), (5, Gen.Const(1)), (1, Gen.Const(2)))
    );
    private static readonly Gen<(int Key, bool Put)> Change = Gen.Select(
        Gen.Int[0, Keys - 1],
        Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
    );
    private static readonly Gen<((int Key, int Belief)[] Conditions, (int Key, bool Put)[] Changes)[]> Writer = Gen.Select(
        Condition.Array[0, 2],
        Change.Array[0, 3]
    ).Array[1, 12];

    private readonly TempFolder _folder = new();
    private EmbeddedStateStore? _store;
    private int _samples;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private EmbeddedStateStore Store => _store!;

    public async ValueTask InitializeAsync() =>
        _store = await EmbeddedStateStore.OpenAsync(_folder.Combine("state.db"), TimeProvider.System, Token);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task All_results_are_linearizable_and_watchers_see_that_order()
    {
        var iterations = Soak.IsOn ? 20_000 : 60;
        await Writer.Array[2, 6].SampleAsync(CheckAsync, iter: iterations, threads: 2, print: Print);
    }

    private static string Print(((int Key, int Belief)[] Conditions, (int Key, bool Put)[] Changes)[][] writers) =>
        string.Join(
            '\n',
            writers.Select(w => string.Join("; ", w.Select(t => $"if {string.Join(',', t.Conditions)} then {string.Join(',', t.Changes)}")))
        );

    private async Task CheckAsync(((int Key, int Belief)[] Conditions, (int Key, bool Put)[] Changes)[][] writers)
    {
        var prefix = $"{Interlocked.Increment(ref _samples)}/";
        await using var watcher = Store.WatchAsync(prefix, Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        var answers = (await Task.WhenAll(writers.Select((w, i) => Task.Run(() => WriteAsync(prefix, i, w))))).SelectMany(a => a).ToList();
        var range = await Store.RangeAsync(prefix, Token);

        // Of the results at one revision, one transaction created it and the others ran at it; the results do not show which one created
        // it.
        var model = new Model([]);
        foreach (var at in answers.GroupBy(a => a.Commit.Revision).OrderBy(g => g.Key))
        {
            var after = at.Select(maker => model.After([maker, .. at.Where(a => !ReferenceEquals(a, maker))]))
                .FirstOrDefault(m => m is not null);
            Assert.True(
                after is not null,
                $"the results at revision {at.Key} are not linearizable:\n{string.Join('\n', at)}\n{string.Join('\n', model.Entries)}"
            );
            model = after;
            await WatchAsync(watcher, seen, at.Key, model);
        }

        Assert.Equal(
            model.Entries.Select(s => (s.Key, s.Value)),
            range.Entries.Select(e => (e.Key, (Encoding.UTF8.GetString(e.Value.Span), e.CreateRevision, e.ModRevision)))
        );
    }

    private static async Task WatchAsync(IAsyncEnumerator<StateBatch> watcher, Dictionary<string, long> seen, long revision, Model model)
    {
        while (watcher.Current.Revision < revision)
        {
            Assert.True(await watcher.MoveNextAsync());
            foreach (var key in watcher.Current.Deletes)
            {
                Assert.True(seen.Remove(key));
            }
            foreach (var put in watcher.Current.Puts)
            {
                seen[put.Key] = put.ModRevision;
            }
        }

        if (watcher.Current.Revision == revision)
        {
            Assert.Equal(
                model.Entries.Select(s => (s.Key, s.Value.Modified)),
                seen.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value))
            );
        }
    }

    private async Task<List<Answer>> WriteAsync(
        string prefix,
        int writer,
        ((int Key, int Belief)[] Conditions, (int Key, bool Put)[] Changes)[] plan
    )
    {
        var answers = new List<Answer>();
        foreach (var (conditions, changes) in plan)
        {
            var believed = (await Store.RangeAsync(prefix, Token)).Entries.ToDictionary(
                e => e.Key,
                e => e.ModRevision,
                StringComparer.Ordinal
            );
            var transaction = new StateTransaction
            {
                Conditions =
                [
                    .. conditions.Select(c => new StateCondition(
                        $"{prefix}{c.Key}",
                        c.Belief switch
                        {
                            0 => 0,
                            1 => believed.GetValueOrDefault($"{prefix}{c.Key}"),
                            _ => 1,
                        }
                    )),
                ],
                Changes =
                [
                    .. changes
                        .DistinctBy(c => c.Key)
                        .Select(c => new StateChange(
                            $"{prefix}{c.Key}",
                            c.Put ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes($"{writer}.{answers.Count}") : null
                        )),
                ],
            };
            answers.Add(new(transaction, await Store.CommitAsync(transaction, Token)));
        }

        return answers;
    }

    private sealed record Answer(StateTransaction Transaction, StateCommit Commit)
    {
        public override string ToString() =>
            $"if {string.Join(',', Transaction.Conditions)} then {string.Join(',', Transaction.Changes)}: {Commit}";
    }

    /// <summary>A store that runs transactions serially.</summary>
    private sealed record Model(SortedDictionary<string, (string Value, long Created, long Modified)> Entries)
    {
        /// <summary>Returns the state after results of one revision in this order; null if they do not fit.</summary>
        public Model? After(IEnumerable<Answer> answers)
        {
            var entries = new SortedDictionary<string, (string Value, long Created, long Modified)>(Entries, StringComparer.Ordinal);
            var first = true;
            foreach (var (transaction, commit) in answers)
            {
                if (
                    transaction.Conditions.All(c => (entries.TryGetValue(c.Key, out var e) ? e.Modified : 0) == c.ModRevision)
                    != commit.Applied
                )
                {
                    return null;
                }
                if (commit.Applied && transaction.Changes.Any(c => c.Value is not null || entries.ContainsKey(c.Key)))
                {
                    if (!first)
                    {
                        return null;
                    }
                    foreach (var change in transaction.Changes)
                    {
                        if (change.Value is { } value)
                        {
                            entries[change.Key] = (
                                Encoding.UTF8.GetString(value.Span),
                                entries.TryGetValue(change.Key, out var e) ? e.Created : commit.Revision,
                                commit.Revision
                            );
                        }
                        else
                        {
                            entries.Remove(change.Key);
                        }
                    }
                }

                first = false;
            }

            return new(entries);
        }
    }
}
