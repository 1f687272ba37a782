using Holdfast.Api;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Studio.Pages.Account;

public sealed partial class Password
{
    private ApiException? _failure;

    [CascadingParameter]
    private HttpContext Context { get; set; } = default!;

    [SupplyParameterFromForm]
    private Passwords? Input { get; set; }

    private async Task ChangeAsync()
    {
        try
        {
            if (Input?.New != Input?.Again)
            {
                throw new ApiException(400, "The new passwords do not match.", "Enter the same password twice.", []);
            }
            await Forms.ChangePasswordAsync(Context, new(Input?.Present ?? "", Input?.New ?? ""));
            Context.Response.Redirect("/");
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }

    private sealed class Passwords
    {
        public string? Present { get; set; }

        public string? New { get; set; }

        public string? Again { get; set; }
    }
}
