using Holdfast.Studio.Api;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Holdfast.Studio.Layout;

public sealed partial class MainLayout : IDisposable
{
    private ErrorBoundary? _boundary;
    private bool _isDark;
    private bool _isOpen = true;
    private bool _isReady;

    [Inject]
    private PageTransport Transport { get; set; } = default!;

    [Inject]
    private Session Session { get; set; } = default!;

    [Inject]
    private LiveUpdates Live { get; set; } = default!;

    [Inject]
    private Preferences Preferences { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    public void Dispose()
    {
        Transport.SignedOut -= SignIn;
        Live.StaleChanged -= OnStaleChanged;
    }

    protected override async Task OnInitializedAsync()
    {
        Transport.SignedOut += SignIn;
        Live.StaleChanged += OnStaleChanged;
        await Session.LoadAsync();
        Live.Start();
        _isDark = await Preferences.IsDarkAsync();
        _isReady = true;
    }

    protected override void OnParametersSet() => _boundary?.Recover();

    private void OnStaleChanged() => _ = InvokeAsync(StateHasChanged);

    private async Task ToggleDarkAsync()
    {
        _isDark = !_isDark;
        await Preferences.SetDarkAsync(_isDark);
    }

    private void SignIn() =>
        Navigation.NavigateTo(
            $"/sign-in?returnUrl={Uri.EscapeDataString("/" + Navigation.ToBaseRelativePath(Navigation.Uri))}",
            forceLoad: true
        );
}
