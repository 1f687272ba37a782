using Holdfast.Core.Protection;

namespace Holdfast.Api.Databases;

/// <summary>A task that does not protect its database as intended.</summary>
/// <param name="Task">Id of the task.</param>
/// <param name="Name">Name of the task.</param>
/// <param name="State">The state of the database if only this task is considered.</param>
/// <param name="Reason">Why it is in this state, as text for people.</param>
/// <param name="Since">Since when; null if unknown.</param>
public sealed record TaskProblemView(string Task, string Name, ProtectionState State, string Reason, DateTimeOffset? Since);
