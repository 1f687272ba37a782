using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>A running operation, as input to the alert rules.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Database">The database; null for an operation on a whole destination.</param>
/// <param name="Source">The source that it reads or writes; null if there is none.</param>
/// <param name="Destinations">The destinations that it reads or writes, as far as known.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="SinceLastProgress">Time since it last transferred a byte or began a step.</param>
public sealed record OperationAlertInput(
    string Id,
    OperationKind Kind,
    DatabaseId? Database,
    string? Source,
    IReadOnlyList<string> Destinations,
    string Phase,
    TimeSpan SinceLastProgress
);
