namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>A configuration setting of a database.</summary>
/// <param name="Name">Name of the setting.</param>
/// <param name="Value">Its value, as stored by the server.</param>
/// <param name="Role">The role it applies to; null for all.</param>
internal sealed record DatabaseSetting(string Name, string Value, string? Role = null);
