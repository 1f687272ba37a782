using System.Net;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Unknown URLs, and pages that the role does not permit.</summary>
public sealed class NotFoundTests(Chromium chromium)
{
    [Fact]
    public async Task An_unknown_url_is_a_page_for_users_and_a_problem_document_for_programs()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium, "Viewer");
        var answer = await page.GotoAsync("/no/such/page?x=1");
        Assert.Equal(404, answer!.Status);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Page not found");
        Assert.EndsWith("/no/such/page?x=1", page.Url, StringComparison.Ordinal);
        await Axe.CheckAsync(page);

        answer = await page.GotoAsync("/server/audit");
        Assert.Equal(403, answer!.Status);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Access denied");
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Databases" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Databases");

        var stranger = await studio.StrangerAsync(chromium);
        await stranger.GotoAsync("/no/such/page?x=1");
        Assert.EndsWith("/sign-in?returnUrl=%2Fno%2Fsuch%2Fpage%3Fx%3D1", stranger.Url, StringComparison.Ordinal);

        using var program = new HttpClient { BaseAddress = studio.Address };
        foreach (var (path, accept) in ((string, string)[])[("api/v1/nothing", "text/html"), ("no/such/page", "application/json")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Accept = { new(accept) } } };
            using var response = await program.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(
                (HttpStatusCode.NotFound, "application/problem+json"),
                (response.StatusCode, response.Content.Headers.ContentType!.MediaType)
            );
        }
    }
}
