using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Admin;

public sealed partial class TokenForm
{
    private ApiException? _failure;
    private string _name = "";
    private Role _role = Role.Viewer;
    private int _days = 90;

    /// <summary>Invoked with the new token, which is shown only once.</summary>
    [Parameter]
    public EventCallback<TokenView> Created { get; set; }

    private async Task CreateAsync()
    {
        try
        {
            var request = new TokenRequest
            {
                Name = _name,
                Role = _role,
                Expires = _days == 0 ? null : Clock.Now.AddDays(_days),
            };
            await Created.InvokeAsync(await Api.Tokens.CreateAsync(request));
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }
}
