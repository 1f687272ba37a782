using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace Holdfast.Studio;

public sealed partial class Routes
{
    private bool _isOwner = true;

    /// <summary>
    /// Name of the user for whom the server rendered the page. It is part of the protected descriptor that the browser
    /// sends back when it opens the circuit. If another user opens the circuit, it shows nothing.
    /// </summary>
    [Parameter]
    public string? Owner { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Caller { get; set; } = default!;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync() => _isOwner = (await Caller).User.Identity?.Name == Owner;
}
