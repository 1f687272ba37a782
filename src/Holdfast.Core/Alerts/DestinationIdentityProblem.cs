using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>A destination with a wrong or missing identity, as input to the alert rules.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Problem">What is wrong with its identity.</param>
public sealed record DestinationIdentityProblem(string Name, OperationError Problem);
