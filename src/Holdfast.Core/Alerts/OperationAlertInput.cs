using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>An operation that runs, as alerts look at it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Database">The database.</param>
/// <param name="Source">The source that it reads or writes; null for none.</param>
/// <param name="Destinations">The destinations that it reads or writes, as far as they are known.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="SinceLastProgress">How long it has moved no byte and begun no step.</param>
public sealed record OperationAlertInput(
    string Id,
    OperationKind Kind,
    DatabaseId Database,
    string? Source,
    IReadOnlyList<string> Destinations,
    string Phase,
    TimeSpan SinceLastProgress
);
