using Holdfast.Api.Backups;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Chains;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Pages.Backups;

namespace Holdfast.Studio.Tests;

/// <summary>The chains of a database, grouped across its destinations.</summary>
public sealed class ChainSummaryTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Copies_of_a_chain_are_grouped_and_each_says_what_is_missing()
    {
        var found = Found(Chain("nas", 0, 0, 1, 2), Chain("offsite", 0, 0, 1), Chain("old", 0, 1, 2), Chain("nas", 7, 7));
        var chains = ChainSummary.Of(found);
        Assert.Equal([7, 0], chains.Select(c => (c.Time - Start).Days));
        var chain = chains[1];
        Assert.True(chain.IsComplete);
        Assert.Equal(
            [("nas", "complete"), ("offsite", "1 of 3 missing"), ("old", "full backup missing")],
            chain.Copies.Select(h => (h.Location, h.Description))
        );
        Assert.Equal([2, 1, 0], chain.Points.Select(p => (p.Time - Start).Days)); // newest first
        Assert.Equal([3, 2, 1], chain.Points.Select(p => p.Position));
        Assert.Equal(600, chain.Bytes);

        // A point can be restored from a destination that has all archives before it.
        Assert.Equal(["nas"], chain.Points[0].RestorableFrom.Select(w => w.Location));
        Assert.Equal(["nas", "offsite"], chain.Points[1].RestorableFrom.Select(w => w.Location));
        Assert.Equal(["nas", "offsite", "old"], chain.Points[1].Locations);
        Assert.Equal("destination:offsite/chain0/1", chain.Points[1].FindArchiveAt("offsite"));
        Assert.Equal("destination:nas/chain0/1", chain.Points[1].FindArchiveAt("old"));
        Assert.Equal("2026-11-02-02-00-00", chain.Points[1].UrlKey);
    }

    [Fact]
    public void A_point_of_an_incomplete_chain_is_restorable_if_one_destination_has_its_archives()
    {
        var chain = Assert.Single(ChainSummary.Of(Found(Chain("a", 0, 0, 1), Chain("b", 0, 0, 2))));
        Assert.False(chain.IsComplete);
        Assert.Equal([false, true, true], chain.Points.Select(p => p.IsRestorable));
        Assert.Null(chain.Points[0].FindArchiveAt("b"));
    }

    [Fact]
    public void Verification_results_are_shown_per_point_and_later_points_are_not_verified()
    {
        var damaged = new Dictionary<string, OperationError> { ["1"] = new("corrupt", "A hash is wrong.", "Take another copy.") };
        var keyless = new Dictionary<string, OperationError> { ["0"] = new("key-missing", "No key.", null) };
        var chain = Assert.Single(
            ChainSummary.Of(
                Found(
                    Chain("nas", 0, 0, 1, 2) with
                    {
                        Check = new(Start.AddDays(5), Start.AddDays(1), new Dictionary<string, OperationError>()),
                    },
                    Chain("offsite", 0, 0, 1, 2) with
                    {
                        Check = new(Start.AddDays(5), Start.AddDays(1), damaged),
                    },
                    Chain("sealed", 0, 0) with
                    {
                        Check = new(Start.AddDays(5), Start.AddDays(1), keyless),
                    }
                )
            )
        );
        Assert.Equal(
            ["Not verified", "Damaged at offsite", "Verified at nas, offsite"],
            chain.Points.Select(p => VerificationFormatter.Of(p).Label)
        );
        Assert.Equal("offsite: A hash is wrong. Take another copy.", VerificationFormatter.Reason(chain.Points[1]));
        Assert.Equal(
            ["verified 3 d ago", "1 archive damaged, found 3 d ago", "not verified: the server has no key for 1 archive"],
            chain.Copies.Select(h => VerificationFormatter.Text(h, Start.AddDays(8)))
        );
        Assert.Equal(["good", "bad", "warn"], chain.Copies.Select(h => VerificationFormatter.Of(h).Tone));
    }

    [Fact]
    public void The_chart_shows_the_newest_archives_in_order_and_keeps_each_visible()
    {
        var points = ChainSummary.Of(Found(Chain("nas", 0, [.. Enumerable.Range(0, 100)]))).SelectMany(c => c.Points).ToList();
        var shown = ChartBar.Shown(points);
        Assert.Equal((60, 40, 99), (shown.Count, (shown[0].Time - Start).Days, (shown[^1].Time - Start).Days));
        var bars = ChartBar.Of(shown, 600, 90);
        Assert.All(bars, b => Assert.InRange(b.Height, 2, 90));
        Assert.All(bars, b => Assert.Equal(90, b.Y + b.Height, 6));
        Assert.All(bars.Zip(bars.Skip(1)), pair => Assert.True(pair.First.X + pair.First.Width < pair.Second.X));
        Assert.InRange(bars[^1].X + bars[^1].Width, 590, 600);
        Assert.Equal(90, bars.Max(b => b.Height), 6);
    }

    private static ChainsView Found(params ChainView[] chains) => new(chains, new Dictionary<string, OperationError>(), false);

    // Days of its archives, relative to the start; the archive of the day of the chain is the full one.
    private static ChainView Chain(string destination, int day, params int[] days) =>
        new()
        {
            From = $"destination:{destination}/chain{day}",
            Destination = destination,
            Database = "demo/a.db",
            Folder = $"chain{day}",
            Time = Start.AddDays(day),
            Node = "A",
            Type = BackupType.Snapshot,
            HasFull = days.Contains(day),
            Archives =
            [
                .. days.Select(d => new ArchiveView(
                    $"destination:{destination}/chain{day}/{d}",
                    $"{d}",
                    Start.AddDays(d),
                    (d == day ? ArchiveFileType.Snapshot : ArchiveFileType.IncrementalBackup).ToString(),
                    100 * (d - day + 1),
                    false
                )),
            ],
        };
}
