using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>A destination that is not the one that was defined, as the rules of alerts look at it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Problem">What is wrong with its identity.</param>
public sealed record DestinationAlertInput(string Name, OperationError Problem);
