namespace Holdfast.Api.Events;

/// <summary>One event as it is sent.</summary>
/// <param name="Name">
/// What kind it is: <c>operation</c>, <c>alert</c>, <c>databases</c>, <c>tasks</c>, <c>destinations</c>, <c>reload</c>.
/// </param>
/// <param name="Data">
/// What it says: an <see cref="Core.Operations.Operation"/>, an <see cref="AlertEvent"/>, a <see cref="ChangedEvent"/>;
/// nothing for <c>reload</c>.
/// </param>
public sealed record ServerEvent(string Name, object Data);
