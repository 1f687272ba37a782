namespace Holdfast.Server.Events;

/// <summary>One event as it is sent.</summary>
/// <param name="Name">What kind it is.</param>
/// <param name="Data">What it says, as JSON.</param>
internal sealed record ServerEvent(string Name, object Data);
