namespace Holdfast.Api.ServerInfo;

/// <summary>Status of the notifications of one kind. The address is not shown, because it can contain a secret.</summary>
/// <param name="Configured">Whether <c>holdfast.json</c> contains an address for them.</param>
/// <param name="LastTaken">When one was last delivered since the server was started; null for never.</param>
/// <param name="Problem">Why the last one was not delivered; null if it was.</param>
public sealed record DeliveryView(bool Configured, DateTimeOffset? LastTaken, string? Problem);
