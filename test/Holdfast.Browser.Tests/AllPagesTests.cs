using System.Net;
using System.Text.RegularExpressions;
using Holdfast.Api.Access;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>What holds for every page.</summary>
public sealed partial class AllPagesTests(Chromium chromium, SharedStudio shared) : IClassFixture<SharedStudio>
{
    private readonly StudioServer _studio = shared.Studio;

    public static TheoryData<string> Addresses => [.. Pages.Known.Select(p => p.Address)];

    [Fact]
    public void No_page_is_forgotten_here() => Assert.Empty(Pages.Forgotten());

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task A_page_is_accessible_works_by_keys_fits_any_window_and_asks_nobody_else(string address)
    {
        var page = await _studio.PageAsync(chromium);
        var complaints = _studio.Complaints; // of all pages of this server: any is one too many
        await page.OpenAsync(shared.Of(address));
        Assert.Equal(1, await page.Locator("h1").CountAsync());
        Assert.Matches("^.+ – Holdfast$", await page.TitleAsync());
        var isInMenu = address is not ("/password" or "/not-found" or "/not-allowed");
        Assert.Equal(isInMenu ? 1 : 0, await page.Locator("nav[aria-label=Pages]").Locator(".active, .within .mud-nav-link").CountAsync());
        await Axe.CheckAsync(page, "light");
        await page.FitsAsync();
        if (address != "/password")
        {
            await SkipsAsync(page); // which has no menu
        }
        await page.SetViewportSizeAsync(2560, 1200);
        await page.FitsAsync();

        await page.SetViewportSizeAsync(390, 844);
        await page.SettleAsync();
        await Axe.CheckAsync(page, "light, phone");
        await page.FitsAsync();

        // All that differs in the dark are colours, and these are the same on a phone.
        await page.SetViewportSizeAsync(1280, 800);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await page.OpenAsync(shared.Of(address));
        await Axe.CheckColoursAsync(page, "dark");
        Assert.Empty(complaints);
        await page.Context.CloseAsync(); // or it would be kept up to date beside all the others
    }

    [Fact]
    public async Task Strangers_are_led_to_the_sign_in_and_roles_below_are_refused()
    {
        using var stranger = Client(null);
        var clients = new Dictionary<Role, HttpClient>();
        foreach (var role in Enum.GetValues<Role>())
        {
            clients[role] = Client(await _studio.SignInAsync(role.ToString()));
        }
        foreach (var (address, role) in Pages.Known)
        {
            using var led = await GetAsync(stranger, shared.Of(address));
            Assert.Equal((address, HttpStatusCode.Redirect), (address, led.StatusCode));
            Assert.Equal($"/sign-in?returnUrl={Uri.EscapeDataString(shared.Of(address))}", led.Headers.Location!.OriginalString);
            foreach (var (who, client) in clients)
            {
                using var answer = await GetAsync(client, shared.Of(address));
                Assert.Equal((address, who, who >= role ? HttpStatusCode.OK : HttpStatusCode.Forbidden), (address, who, answer.StatusCode));
            }
        }

        foreach (var client in clients.Values)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_viewer_is_offered_nothing_that_a_viewer_may_not()
    {
        var page = await _studio.PageAsync(chromium, nameof(Role.Viewer));
        foreach (var (address, role) in Pages.Known)
        {
            if (role > Role.Viewer || address == "/password")
            {
                continue; // refused as a whole; one's own
            }
            await page.OpenAsync(shared.Of(address));
            var offered = await page.EvaluateAsync<string[]>(
                "() => [...document.querySelectorAll('main button, main a, nav[aria-label=Pages] a')].filter(e => "
                    + "e.checkVisibility() && !e.matches(':disabled')).map(e => e.getAttribute('aria-label') ?? "
                    + "e.textContent.trim())"
            );
            Assert.DoesNotContain(offered, o => Deeds().IsMatch(o));
            Assert.DoesNotContain("Audit log", offered);
        }
    }

    // The first thing that a key reaches leads past the menu, into the content.
    private static async Task SkipsAsync(IPage page)
    {
        var skip = page.Locator("a.skip");
        Assert.True(
            await skip.EvaluateAsync<bool>("s => document.querySelector('a, button, input, [tabindex=\"0\"]') === s"),
            "The first thing that a key reaches is not the link past the menu."
        );
        await skip.FocusAsync();
        await Assertions.Expect(skip).ToBeInViewportAsync();
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("main", await page.EvaluateAsync<string>("() => document.activeElement.id"));
        await page.Keyboard.PressAsync("Tab");
        Assert.False(
            await page.EvaluateAsync<bool>("() => document.querySelector('nav[aria-label=Pages]').contains(document.activeElement)"),
            "The next key leads back to the menu."
        );
    }

    private HttpClient Client(System.Net.Cookie? session)
    {
        var jar = new CookieContainer();
        if (session is not null)
        {
            jar.Add(_studio.Address, new System.Net.Cookie(session.Name, session.Value));
        }
        return new(new SocketsHttpHandler { CookieContainer = jar, AllowAutoRedirect = false }) { BaseAddress = _studio.Address };
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient client, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Accept = { new("text/html") } } };
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    [GeneratedRegex(
        "^(Backup now|Back up|Run\\b|Add|New|Make|Define|Edit|Change|Delete|Remove|Test|Look now|Look at .* "
            + "now|Restore|Verify|Forget|Give|Approve|Abort|Acknowledge|Confirm|Initialize|Delay|Save|Enable|Disable|Users)"
    )]
    private static partial Regex Deeds();
}
