using Microsoft.JSInterop;

namespace Holdfast.Studio.Layout;

/// <summary>What a person prefers in this browser: dark or light. Kept there.</summary>
public sealed class Preferences(IJSRuntime js)
{
    /// <summary>Whether pages are dark: as chosen, else as the system is.</summary>
    public async Task<bool> IsDarkAsync() => await js.InvokeAsync<bool>("holdfast.isDark");

    /// <summary>Keeps a choice.</summary>
    public async Task SetDarkAsync(bool isDark) => await js.InvokeVoidAsync("holdfast.setDark", isDark);
}
