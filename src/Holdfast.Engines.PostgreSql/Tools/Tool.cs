namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>An installed PostgreSQL program.</summary>
/// <param name="Name"><c>pg_dump</c> or <c>pg_restore</c>.</param>
/// <param name="Path">Its path.</param>
/// <param name="Version">Its version.</param>
internal sealed record Tool(string Name, string Path, ToolVersion Version)
{
    /// <summary>The program that makes dumps.</summary>
    public const string Dump = "pg_dump";

    /// <summary>The program that restores them.</summary>
    public const string Restore = "pg_restore";

    /// <summary>A warning for the operator; null if there is none.</summary>
    public string? VulnerabilityWarning =>
        Version.KnownVulnerability is { } vulnerability
            ? $"{Name} {Version} ({Path}) {vulnerability}: update the package postgresql-client-{Version.Major}."
            : null;
}
