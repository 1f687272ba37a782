namespace Holdfast.Api.Databases;

/// <summary>Databases whose key the server has. The key itself is never shown.</summary>
/// <param name="Databases">Id of a database, or a glob over ids.</param>
public sealed record DatabaseKeyView(string Databases);
