using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Screenshots of every page for the documentation: <c>make screenshots</c> sets HOLDFAST_SCREENSHOTS to the folder.</summary>
public sealed partial class Screenshots(Chromium chromium)
{
    private const int MaxHeight = 1400;

    // Replaces the temporary folder of the server.
    private const string WithoutFolder = """
        root => {
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            if (walk.currentNode.data.includes(root)) walk.currentNode.data = walk.currentNode.data.replaceAll(root, '/srv');
          }
          for (const input of document.querySelectorAll('input')) input.value = input.value.replaceAll(root, '/srv');
        }
        """;

    [Fact]
    public async Task Every_page_in_light_and_dark_mode_on_desktop_and_phone()
    {
        var folder = Environment.GetEnvironmentVariable("HOLDFAST_SCREENSHOTS");
        Assert.SkipWhen(folder is null, "HOLDFAST_SCREENSHOTS is not set.");
        Directory.CreateDirectory(folder);
        await using var studio = await Fleet.StartAsync();
        var operation = (string)(await studio.Server.ListAsync("operations"))[0]["id"]!;
        var run = (string)(await studio.Server.ListAsync("runs"))[0]["id"]!;
        var tasks = await studio.Server.ListAsync($"databases/{Uri.EscapeDataString(Fleet.Orders)}/tasks");
        var task = (string)tasks.First(t => !(bool)t["serverWide"]!)["id"]!;
        var nightly = (string)tasks.First(t => (string)t["name"]! == "Server Wide Backup, nightly")["id"]!;
        var opened = $"/databases/{Uri.EscapeDataString(Fleet.Orders)}/tasks?open={nightly},{task}";
        foreach (var (device, width, height) in ((string, int, int)[])[("desktop", 1280, 800), ("phone", 390, 844)])
        {
            foreach (var dark in (bool[])[false, true])
            {
                var page = await studio.PageAsync(chromium, width: width, height: height, dark: dark);
                foreach (var address in Pages.First)
                {
                    var shown =
                        Name(address) == "database-tasks"
                            ? opened
                            : address
                                .Replace(Pages.Operation, operation, StringComparison.Ordinal)
                                .Replace(Pages.Run, run, StringComparison.Ordinal)
                                .Replace(Pages.Task, task, StringComparison.Ordinal)
                                .Replace("local%2F", "shop%2F", StringComparison.Ordinal);
                    await TakeAsync(page, shown, Name(address));
                }

                await TakeAsync(page, "/restore?from=shop%2Forders.db", "restore-point");
                await TakeAsync(await studio.StrangerAsync(chromium, width, height, dark), "/sign-in", "sign-in");

                async Task TakeAsync(IPage shown, string address, string name)
                {
                    await shown.OpenAsync(address);
                    await shown.EvaluateAsync(WithoutFolder, studio.Place.Root);
                    var pageHeight = Math.Min(MaxHeight, await shown.EvaluateAsync<int>("() => document.documentElement.scrollHeight"));
                    await shown.SetViewportSizeAsync(width, Math.Max(height, pageHeight));
                    await shown.ScreenshotAsync(
                        new()
                        {
                            Path = $"{folder}/{name}-{device}-{(dark ? "dark" : "light")}.png",
                            Animations = ScreenshotAnimations.Disabled,
                            Caret = ScreenshotCaret.Hide,
                        }
                    );
                    await shown.SetViewportSizeAsync(width, height);
                }
            }
        }
    }

    // "/databases/local%2Forders.db/tasks" is database-tasks, "/operations/ID" is operation.
    private static string Name(string address) =>
        address switch
        {
            "/" => "databases",
            _ when address.EndsWith(Pages.Operation, StringComparison.Ordinal) => "operation",
            _ when address.EndsWith(Pages.Run, StringComparison.Ordinal) => "run",
            _ when address.Contains(Pages.Task, StringComparison.Ordinal) => "database-tasks-edit",
            "/server-wide-backup/nightly" => "server-wide-backup-edit",
            _ => NoLetters().Replace(DatabaseId().Replace(address, "database/"), "-").Trim('-'),
        };

    [GeneratedRegex("^/databases/[^/]+/")]
    private static partial Regex DatabaseId();

    [GeneratedRegex("[^a-z]+")]
    private static partial Regex NoLetters();
}
