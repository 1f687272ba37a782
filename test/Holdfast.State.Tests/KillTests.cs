using Holdfast.State.Embedded;

namespace Holdfast.State.Tests;

/// <summary>kill -9 at random times: acknowledged transactions survive, and no transaction is partial.</summary>
[Trait("Category", "Slow")]
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static int Kills => Soak.IsOn ? 300 : 8;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_writer_loses_no_acknowledged_transaction_and_leaves_none_partial()
    {
        var seed = Environment.ProcessId;
        var random = new Random(seed);
        var file = _folder.Combine("data", "state.db");
        var (next, total) = (0, 0);
        long revision = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var acknowledged = await KillAsync(file, next, TimeSpan.FromMilliseconds(random.Next(400)));
            await using var store = await EmbeddedStateStore.OpenAsync(file, TimeProvider.System, Token);
            var range = await store.RangeAsync("", Token);
            Assert.True(range.Revision >= revision + acknowledged.Count, $"seed {seed}, kill {kill}: the revision went back");
            revision = range.Revision;
            var there = range
                .Entries.GroupBy(e => e.Key.Split('/') is ["t", var number, _] ? int.Parse(number) : -1)
                .ToDictionary(g => g.Key, g => g.ToList());
            Assert.False(there.ContainsKey(-1), $"seed {seed}, kill {kill}: something with a lease outlived its process");
            Assert.All(there, t =>
                Assert.True(
                    t.Value.Count == Writer.Keys && t.Value.Select(e => e.ModRevision).Distinct().Count() == 1,
                    $"seed {seed}, kill {kill}: transaction {t.Key} is half"
                )
            );
            var last = there.Keys.Max();
            Assert.All(acknowledged.Where(a => a > last - 900), a =>
                Assert.True(there.ContainsKey(a), $"seed {seed}, kill {kill}: transaction {a} was acknowledged and is lost")
            );
            (next, total) = (last + 1, total + acknowledged.Count);
        }

        output.WriteLine($"seed {seed}: {total} transactions in {Kills} kills");
        Assert.True(total > Kills * 10, "too little was written to prove anything");
    }

    private async Task<List<int>> KillAsync(string file, int first, TimeSpan after)
    {
        using var writer = Writer.Start(file, _folder.Combine("said"), first);
        while ((await writer.ReadOutputAsync()).Length == 0)
        {
            Assert.False(writer.Process.HasExited, "the writer did not begin");
            await Task.Delay(5, Token);
        }

        await Task.Delay(after, Token);
        Assert.False(writer.Process.HasExited, "the writer failed");
        writer.Process.Kill();
        await writer.Process.WaitForExitAsync(Token);
        return [.. (await writer.ReadOutputAsync()).Select(int.Parse)];
    }
}
