using Holdfast.Api.Access;
using Holdfast.Studio.Formatting;
using MudBlazor;

namespace Holdfast.Studio.Pages.Admin;

/// <summary>How users and tokens are shown.</summary>
internal static class UserAppearance
{
    /// <summary>A token whose time is over.</summary>
    public static StateAppearance ExpiredToken { get; } = new("Ended", "bad", Icons.Material.Filled.TimerOff);

    /// <summary>State of a user.</summary>
    public static StateAppearance Of(UserView user) =>
        user switch
        {
            { Disabled: true } => new("Disabled", "quiet", Icons.Material.Filled.Block),
            { MustChangePassword: true } => new("Has to choose a password", "warn", Icons.Material.Filled.Password),
            _ => new("Active", "good", Icons.Material.Filled.CheckCircle),
        };
}
