using System.Diagnostics;
using System.Globalization;
using Holdfast.EndToEnd.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Holdfast.Browser.Tests;

/// <summary>Studio with 10,000 databases, and with several people who look at it.</summary>
public sealed class ManyDatabasesTests(Chromium chromium)
{
    private const int Count = 10_000;

    // Within a second on a machine of its own, which HOLDFAST_SPEED says it is. Other tests beside it take their part.
    private static readonly bool IsQuiet = Environment.GetEnvironmentVariable("HOLDFAST_SPEED") == "1";
    private static readonly TimeSpan Usable = TimeSpan.FromSeconds(IsQuiet ? 1 : 5);

    // The longest time in which the page drew nothing while it was scrolled from the top to the bottom, and how many rows it had at most.
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
    public async Task The_list_is_there_within_a_second_and_scrolls_and_is_searched_smoothly_and_five_pages_take_little_memory()
    {
        await using var studio = await StudioServer.StartAsync(Prepare);
        await studio.ProtectAsync();
        await studio.Server.UntilAsync(
            async () => (int)(await studio.Server.GetAsync("databases/counts"))["total"]! == Count,
            "not all databases were found"
        );
        var page = await studio.PageAsync(chromium);
        await page.GotoAsync("/");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "All databases" })).ToContainTextAsync("10,000");

        // The best of three: the machine may be busy with other things.
        var list = await BestAsync(3, async () =>
        {
            await page.GotoAsync("/", new() { WaitUntil = WaitUntilState.Commit });
            await page.Locator("tr.database").Nth(9).WaitForAsync();
        });
        var random = new Random(17);
        var search = await BestAsync(3, async () =>
        {
            var wanted = random.Next(Count).ToString("00000", CultureInfo.InvariantCulture);
            await page.GetByLabel("Search").FillAsync(wanted);
            await Expect(page.Locator("tr.database")).ToHaveCountAsync(1);
            await Expect(page.Locator("tr.database")).ToContainTextAsync(wanted);
        });
        await page.GetByLabel("Search").FillAsync("");
        await Expect(page.Locator("tr.database").Nth(9)).ToBeVisibleAsync();
        var scroll = await page.EvaluateAsync<double[]>(Scroll);
        // the last one, where the last one is
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

    private static async Task<TimeSpan> BestAsync(int rounds, Func<Task> deed)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < rounds; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await deed();
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
