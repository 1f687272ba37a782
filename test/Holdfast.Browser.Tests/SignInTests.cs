using Microsoft.Playwright;

namespace Holdfast.Browser.Tests;

/// <summary>Signing in and out.</summary>
public sealed class SignInTests(Chromium chromium)
{
    [Fact]
    public async Task The_first_sign_in_requires_a_new_password_and_opens_the_requested_page()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.StrangerAsync(chromium);
        await page.GotoAsync("/?state=Failing");
        Assert.EndsWith("/sign-in?returnUrl=%2F%3Fstate%3DFailing", page.Url, StringComparison.Ordinal);
        await page.GetByLabel("User").FillAsync("admin");
        await page.GetByLabel("Password").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.Locator(".form-error")).ToContainTextAsync("The user name or password is wrong.");

        await page.GetByLabel("User").FillAsync("admin");
        await page.GetByLabel("Password")
            .FillAsync(
                (await File.ReadAllTextAsync($"{studio.Place.Root}/node/admin-password", TestContext.Current.CancellationToken)).Trim()
            );
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Change your password" })).ToBeVisibleAsync();
        await page.GetByLabel("Current password")
            .FillAsync(
                (await File.ReadAllTextAsync($"{studio.Place.Root}/node/admin-password", TestContext.Current.CancellationToken)).Trim()
            );
        await page.GetByLabel("New password", new() { Exact = true }).FillAsync(StudioServer.Password);
        await page.GetByLabel("Confirm new password").FillAsync(StudioServer.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Change password" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Databases" })).ToBeVisibleAsync();

        await page.GetByLabel("Signed in as admin").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        await page.GotoAsync("/");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_page_that_was_loaded_by_another_user_shows_nothing()
    {
        await using var studio = await StudioServer.StartAsync();
        var page = await studio.PageAsync(chromium);
        var other = await studio.SignInAsync("Viewer");
        var isLoaded = new TaskCompletionSource();
        // The page has loaded but not yet opened its circuit; before it does, another user signs in.
        await page.RouteAsync("**/_framework/blazor.web.js", async route =>
        {
            await isLoaded.Task;
            await route.ContinueAsync();
        });
        var loading = page.GotoAsync("/", new() { WaitUntil = WaitUntilState.Commit });
        await loading;
        await page.Context.AddCookiesAsync([
            new()
            {
                Name = other.Name,
                Value = other.Value,
                Domain = studio.Address.Host,
                Path = "/",
                HttpOnly = true,
                SameSite = SameSiteAttribute.Strict,
            },
        ]);
        isLoaded.SetResult();
        await Assertions.Expect(page.GetByText("This page was loaded by another user.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("articles.db")).ToHaveCountAsync(0);
        await page.UnrouteAllAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Reload it" }).ClickAsync();
        await Assertions.Expect(page.GetByText("articles.db")).ToBeVisibleAsync();
    }
}
