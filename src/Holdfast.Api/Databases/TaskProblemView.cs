using Holdfast.Core.Protection;

namespace Holdfast.Api.Databases;

/// <summary>A task of a database that does not protect it as it should.</summary>
/// <param name="Task">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">The state that it alone gives the database.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Since">Since when; null where nobody knows.</param>
public sealed record TaskProblemView(string Task, string Name, ProtectionState State, string Reason, DateTimeOffset? Since);
