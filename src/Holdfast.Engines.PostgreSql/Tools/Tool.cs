namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>One of PostgreSQL's programs on this machine.</summary>
/// <param name="Name"><c>pg_dump</c> or <c>pg_restore</c>.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Version">Its version.</param>
internal sealed record Tool(string Name, string Path, ToolVersion Version)
{
    /// <summary>Makes dumps.</summary>
    public const string Dump = "pg_dump";

    /// <summary>Loads them.</summary>
    public const string Restore = "pg_restore";

    /// <summary>What the operator should know of it; null where nothing.</summary>
    public string? VulnerabilityWarning =>
        Version.KnownVulnerability is { } hole
            ? $"{Name} {Version} ({Path}) {hole}: update the package postgresql-client-{Version.Major}."
            : null;
}
