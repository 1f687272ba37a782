namespace Holdfast.Api.Databases;

/// <summary>Databases whose key the server knows. The key itself is never shown.</summary>
/// <param name="Databases">A database's id, or a glob over ids.</param>
public sealed record DatabaseKeyView(string Databases);
