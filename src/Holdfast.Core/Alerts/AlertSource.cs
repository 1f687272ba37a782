using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>A source as the rules of alerts look at it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Problem">Why it could not be looked at; null where it could.</param>
public sealed record AlertSource(string Name, OperationError? Problem);
