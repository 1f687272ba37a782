using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>Studio with 10,000 databases and several open pages.</summary>
public sealed class ManyDatabasesTests(Chromium chromium)
{
    private const int Count = 10_000;

    // One second on a machine that runs nothing else, as HOLDFAST_SPEED=1 declares; beside other tests only a list that hangs is a failure.
    private static readonly bool IsQuiet = Environment.GetEnvironmentVariable("HOLDFAST_SPEED") == "1";
    private static readonly TimeSpan Usable = TimeSpan.FromSeconds(IsQuiet ? 1 : 20);

    // Scrolls from top to bottom; returns the longest frame in milliseconds, and the maximum number of rendered rows.
    private const string Scroll = """
        async () => {
          const box = document.querySelector('.table-frame');
          let last = performance.now(), longest = 0, rows = 0;
          for (let i = 0; i <= 130; i++) {
            box.scrollTop = box.scrollHeight * Math.min(i, 120) / 120;
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
            rows = Math.max(rows, document.querySelectorAll('.table tbody tr').length);
          }
          return [longest, rows];
        }
        """;

    [Fact]
    public async Task The_list_opens_within_a_second_scrolls_and_searches_smoothly_and_five_pages_use_little_memory()
    {
        await using var studio = await StudioServer.StartAsync(Prepare);
        await studio.ProtectAsync();
        await studio.Server.UntilAsync(
            async () => (int)(await studio.Server.GetAsync("databases/counts"))["total"]! == Count,
            "not all databases were discovered"
        );
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "All databases" })).ToContainTextAsync("10,000");

        // The best of three attempts, because the machine may be busy.
        var list = await BestAsync(3, async () =>
        {
            await page.GotoAsync("/", new() { WaitUntil = WaitUntilState.Commit });
            await page.Locator("tr.database").Nth(9).WaitForAsync();
        });
        var random = new Random(17);
        var search = await BestAsync(3, async () =>
        {
            var number = random.Next(Count).ToString("00000", CultureInfo.InvariantCulture);
            await page.GetByLabel("Search").FillAsync(number);
            await Expect(page.Locator("tr.database")).ToHaveCountAsync(1);
            await Expect(page.Locator("tr.database")).ToContainTextAsync(number);
        });
        await page.GetByLabel("Search").FillAsync("");
        await Expect(page.Locator("tr.database").Nth(9)).ToBeVisibleAsync();
        var scrolls = new List<double[]>();
        for (var i = 0; i < 3; i++)
        {
            scrolls.Add(await page.EvaluateAsync<double[]>(Scroll));
        }
        double[] scroll = [scrolls.Min(s => s[0]), scrolls.Max(s => s[1])];
        // the last row is rendered at the bottom
        await Expect(page.Locator("tr.database").Filter(new() { HasText = "09999" })).ToBeVisibleAsync();
        var sort = await BestAsync(2, async () =>
        {
            await page.GotoAsync("/?sort=size", new() { WaitUntil = WaitUntilState.Commit });
            await page.Locator("tr.database").Nth(9).WaitForAsync();
        });

        string[] addresses =
        [
            "/",
            "/operations",
            "/server-wide-backup",
            "/databases/local%2F00%2Fdb00000.db/tasks",
            "/server-wide-backup/nightly",
        ];
        foreach (var address in addresses)
        {
            var another = await studio.PageAsync(chromium);
            await another.OpenAsync(address);
        }

        var memory = studio.Server.PeakResidentBytes >> 20;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"list {list.TotalMilliseconds:N0} ms, search {search.TotalMilliseconds:N0} ms, sorted "
                + $"{sort.TotalMilliseconds:N0} ms, longest frame while scrolling {scroll[0]:N0} ms, {scroll[1]} rows drawn at "
                + $"most, peak resident memory with six pages {memory} MiB"
        );
        Assert.True(list < Usable && search < Usable && sort < Usable, $"list {list}, search {search}, sorted {sort}");
        Assert.InRange(scroll[0], 0, IsQuiet ? 100 : 1000);
        Assert.InRange(scroll[1], 10, 200);
        Assert.InRange(memory, 30, 300);
        Assert.Empty(studio.Complaints);
    }

    private static async Task<TimeSpan> BestAsync(int rounds, Func<Task> action)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < rounds; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await action();
            var took = Stopwatch.GetElapsedTime(start);
            if (took < best)
            {
                best = took;
            }
        }

        return best;
    }

    private static void Prepare(Workspace place)
    {
        place.Make("one.db", 1);
        var one = File.ReadAllBytes($"{place.Source}/one.db");
        File.Delete($"{place.Source}/one.db");
        for (var i = 0; i < Count; i++)
        {
            var folder = $"{place.Source}/{i / 100:00}";
            if (i % 100 == 0)
            {
                Directory.CreateDirectory(folder);
            }
            File.WriteAllBytes($"{folder}/db{i:00000}.db", one);
        }
    }
}
