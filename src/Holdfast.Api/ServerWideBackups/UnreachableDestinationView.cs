using Holdfast.Core.Operations;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>A destination that is unreachable, so that it is unknown what retention would delete there.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Databases">Number of databases for which it could not be read.</param>
/// <param name="Error">The error for the first of these databases.</param>
public sealed record UnreachableDestinationView(string Destination, int Databases, OperationError Error);
