using Holdfast.Api.Access;
using Holdfast.Studio.Formatting;
using MudBlazor;

namespace Holdfast.Studio.Pages.Admin;

/// <summary>Appearances of the states of users and tokens.</summary>
internal static class UserAppearance
{
    /// <summary>An expired token.</summary>
    public static StateAppearance ExpiredToken { get; } = new("Expired", "bad", Icons.Material.Filled.TimerOff);

    /// <summary>The state of a user.</summary>
    public static StateAppearance Of(UserView user) =>
        user switch
        {
            { Disabled: true } => new("Disabled", "quiet", Icons.Material.Filled.Block),
            { MustChangePassword: true } => new("Must change password", "warn", Icons.Material.Filled.Password),
            _ => new("Active", "good", Icons.Material.Filled.CheckCircle),
        };
}
