using System.Net;
using System.Text.RegularExpressions;
using Holdfast.Api.Access;
using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Requirements that every page meets.</summary>
public sealed partial class AllPagesTests(Chromium chromium, SharedStudio shared) : IClassFixture<SharedStudio>
{
    private readonly StudioServer _studio = shared.Studio;

    public static TheoryData<string> Addresses => [.. Pages.Known.Select(p => p.Address)];

    [Fact]
    public void Every_page_has_a_url_in_these_tests() => Assert.Empty(Pages.Forgotten());

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task A_page_is_accessible_usable_by_keyboard_fits_any_window_and_requests_no_other_host(string address)
    {
        var page = await _studio.PageAsync(chromium);
        var complaints = _studio.Complaints; // of all pages of this server
        await page.OpenAsync(shared.Of(address));
        Assert.Equal(1, await page.Locator("h1").CountAsync());
        Assert.Matches("^.+ – Holdfast$", await page.TitleAsync());
        var isInMenu = address is not ("/password" or "/not-found" or "/not-allowed");
        Assert.Equal(isInMenu ? 1 : 0, await page.Locator("nav[aria-label=Pages]").Locator(".active, .within .mud-nav-link").CountAsync());
        await Axe.CheckAsync(page, "light");
        await page.FitsAsync();
        if (address != "/password")
        {
            await SkipsAsync(page); // except the page that has no menu
        }
        await page.SetViewportSizeAsync(2560, 1200);
        await page.FitsAsync();

        await page.SetViewportSizeAsync(390, 844);
        await page.SettleAsync();
        await Axe.CheckAsync(page, "light, phone");
        await page.FitsAsync();

        // Dark mode differs only in colours, which are the same on a phone.
        await page.SetViewportSizeAsync(1280, 800);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await page.OpenAsync(shared.Of(address));
        await Axe.CheckColoursAsync(page, "dark");
        Assert.Empty(complaints);
        await page.Context.CloseAsync(); // otherwise the server would keep it up to date during the other tests
    }

    [Fact]
    public async Task Anonymous_users_are_redirected_to_sign_in_and_insufficient_roles_are_rejected()
    {
        using var stranger = Client(null);
        var clients = new Dictionary<Role, HttpClient>();
        foreach (var role in Enum.GetValues<Role>())
        {
            clients[role] = Client(await _studio.SignInAsync(role.ToString()));
        }
        foreach (var (address, role) in Pages.Known)
        {
            using var redirect = await GetAsync(stranger, shared.Of(address));
            Assert.Equal((address, HttpStatusCode.Redirect), (address, redirect.StatusCode));
            Assert.Equal($"/sign-in?returnUrl={Uri.EscapeDataString(shared.Of(address))}", redirect.Headers.Location!.OriginalString);
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
    public async Task A_viewer_is_offered_no_action_that_needs_another_role()
    {
        var page = await _studio.PageAsync(chromium, nameof(Role.Viewer));
        foreach (var (address, role) in Pages.Known)
        {
            if (role > Role.Viewer || address == "/password")
            {
                continue; // needs another role; allowed for everybody
            }
            await page.OpenAsync(shared.Of(address));
            var offered = await page.EvaluateAsync<string[]>(
                "() => [...document.querySelectorAll('main button, main a, nav[aria-label=Pages] a')].filter(e => "
                    + "e.checkVisibility() && !e.matches(':disabled')).map(e => e.getAttribute('aria-label') ?? "
                    + "e.textContent.trim())"
            );
            Assert.DoesNotContain(offered, o => Actions().IsMatch(o));
            Assert.DoesNotContain("Audit log", offered);
        }
    }

    // The first element in the tab order skips the menu.
    private static async Task SkipsAsync(IPage page)
    {
        var skip = page.Locator("a.skip");
        Assert.True(
            await skip.EvaluateAsync<bool>("s => document.querySelector('a, button, input, [tabindex=\"0\"]') === s"),
            "The first element in the tab order is not the skip link."
        );
        await skip.FocusAsync();
        await Assertions.Expect(skip).ToBeInViewportAsync();
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("main", await page.EvaluateAsync<string>("() => document.activeElement.id"));
        await page.Keyboard.PressAsync("Tab");
        Assert.False(
            await page.EvaluateAsync<bool>("() => document.querySelector('nav[aria-label=Pages]').contains(document.activeElement)"),
            "The next element in the tab order is in the menu."
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
        "^(Back up|Run\\b|Start|Add|New|Create|Make|Define|Edit|Change|Delete|Remove|Test|Discover|Restore|Verify|Forget|Set|Give|"
            + "Approve|Abort|Acknowledge|Confirm|Initialize|Delay|Save|Enable|Disable|Users)"
    )]
    private static partial Regex Actions();
}
