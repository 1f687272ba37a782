using Holdfast.Api.ServerInfo;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Alerts;

public sealed partial class NotificationStatus
{
    /// <summary>Example of a webhook setting.</summary>
    public const string Webhook = "\"webhook\": { \"url\": \"https://alerts.example.com/holdfast\" }";

    /// <summary>Example of a heartbeat setting.</summary>
    public const string Heartbeat = "\"heartbeat\": { \"url\": \"https://uptime.example.com/ping/holdfast\" }";

    private static readonly StateAppearance Off = new("Off", "quiet", Icons.Material.Filled.NotificationsOff);
    private static readonly StateAppearance On = new("On", "good", Icons.Material.Filled.CheckCircle);
    private static readonly StateAppearance NotDelivered = new("Not delivered", "bad", Icons.Material.Filled.Error);

    [Parameter, EditorRequired]
    public string Name { get; set; } = "";

    [Parameter, EditorRequired]
    public string Text { get; set; } = "";

    [Parameter, EditorRequired]
    public string Example { get; set; } = "";

    [Parameter, EditorRequired]
    public DeliveryView Delivery { get; set; } = default!;
}
