using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace Holdfast.Studio;

public sealed partial class Routes
{
    private bool _isOwner = true;

    /// <summary>
    /// For whom the server rendered the page. It is part of the protected descriptor that a browser sends back as it
    /// opens the circuit: whoever has got that of
    /// another user has a circuit on which nothing is shown.
    /// </summary>
    [Parameter]
    public string? Owner { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Caller { get; set; } = default!;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync() => _isOwner = (await Caller).User.Identity?.Name == Owner;
}
