namespace Holdfast.Api.ServerInfo;

/// <summary>How notifications of one kind stand. The address is not shown, for it may hold a secret.</summary>
/// <param name="Configured">Whether <c>holdfast.json</c> has an address for them.</param>
/// <param name="LastTaken">When one was taken last, since the server was started; null for never.</param>
/// <param name="Problem">Why the last one was not taken; null where it was.</param>
public sealed record DeliveryView(bool Configured, DateTimeOffset? LastTaken, string? Problem);
