namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>One setting that sessions in a database begin with.</summary>
/// <param name="Name">The setting.</param>
/// <param name="Value">Its value, as the server keeps it.</param>
/// <param name="Role">For whom; null for everybody.</param>
internal sealed record DatabaseSetting(string Name, string Value, string? Role = null);
