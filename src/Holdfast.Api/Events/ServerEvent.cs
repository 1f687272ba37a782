namespace Holdfast.Api.Events;

/// <summary>An event of the server.</summary>
/// <param name="Name">
/// Kind of the event: <c>operation</c>, <c>alert</c>, <c>databases</c>, <c>tasks</c>, <c>destinations</c>,
/// <c>sources</c> or <c>reload</c>.
/// </param>
/// <param name="Data">
/// Content of the event: an <see cref="Core.Operations.Operation"/>, an <see cref="AlertEvent"/> or a <see
/// cref="ChangedEvent"/>; an empty object for <c>reload</c>.
/// </param>
public sealed record ServerEvent(string Name, object Data);
