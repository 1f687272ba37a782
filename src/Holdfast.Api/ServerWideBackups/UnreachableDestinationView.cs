using Holdfast.Core.Operations;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>A destination at which nobody can tell what retention would delete.</summary>
/// <param name="Destination">Its name.</param>
/// <param name="Databases">Databases for which it could not be looked at.</param>
/// <param name="Error">Why, of the first of them.</param>
public sealed record UnreachableDestinationView(string Destination, int Databases, OperationError Error);
