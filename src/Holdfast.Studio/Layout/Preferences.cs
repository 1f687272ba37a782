using Microsoft.JSInterop;

namespace Holdfast.Studio.Layout;

/// <summary>Preferences of the user, stored in the browser: light or dark mode.</summary>
public sealed class Preferences(IJSRuntime js)
{
    /// <summary>Whether dark mode is on: as the user chose, otherwise as the system prefers.</summary>
    public async Task<bool> IsDarkAsync() => await js.InvokeAsync<bool>("holdfast.isDark");

    /// <summary>Stores the choice of the user.</summary>
    public async Task SetDarkAsync(bool isDark) => await js.InvokeVoidAsync("holdfast.setDark", isDark);
}
