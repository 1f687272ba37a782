using Holdfast.Api;
using Holdfast.Studio.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Studio.Pages.Account;

public sealed partial class SignIn
{
    private ApiException? _failure;

    [CascadingParameter]
    private HttpContext Context { get; set; } = default!;

    [SupplyParameterFromForm]
    private Credentials? Input { get; set; }

    [SupplyParameterFromQuery]
    private string? ReturnUrl { get; set; }

    private async Task SignInAsync()
    {
        try
        {
            await Forms.SignInAsync(Context, new(Input?.User ?? "", Input?.Password ?? ""));
            Context.Response.Redirect(LocalUrl.OrHomePage(ReturnUrl));
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }

    private sealed class Credentials
    {
        public string? User { get; set; }

        public string? Password { get; set; }
    }
}
