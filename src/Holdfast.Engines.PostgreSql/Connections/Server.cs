using Holdfast.Core.Cluster;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>A server that has answered a probe.</summary>
/// <param name="Host">Its address.</param>
/// <param name="Version">Its version as it reports it, for example <c>15.18 (Debian 15.18-0+deb12u1)</c>.</param>
/// <param name="Major">Major version.</param>
/// <param name="IsStandby">Whether it is a standby.</param>
/// <param name="Identity">
/// System identifier, equal on a primary and its standbys; null if the role is not allowed to read it.
/// </param>
internal sealed record Server(PostgreSqlHost Host, string Version, int Major, bool IsStandby, string? Identity)
{
    /// <summary>The oldest supported major version.</summary>
    public const int OldestMajor = 13;

    /// <summary>The <c>lc_messages</c> of the source's role; null for English.</summary>
    public string? MessageLanguage { get; init; }

    /// <summary>
    /// The role of the source, if it is allowed to set <c>lc_messages</c>; else null, as for most roles that are not
    /// superusers.
    /// </summary>
    public string? LanguageOverrideRole { get; init; }

    /// <summary>Role of the database server.</summary>
    public DatabaseRole Role => IsStandby ? DatabaseRole.Replica : DatabaseRole.Primary;

    /// <summary>Its source information.</summary>
    public SourceInfo Info => new(Identity, ShortVersion, Role);

    /// <summary>Whether this <c>lc_messages</c> means English; an empty value does.</summary>
    public static bool IsEnglish(string language) =>
        language.Length == 0
        || language.StartsWith('C')
        || language.StartsWith("en", StringComparison.OrdinalIgnoreCase)
        || language.StartsWith("POSIX", StringComparison.Ordinal);

    /// <summary>Returns how to make its messages English for a role of the source; null if they are.</summary>
    /// <param name="role">The role.</param>
    public string? GetLanguageHint(string role) =>
        MessageLanguage is null || role == LanguageOverrideRole
            ? null
            : $"Its messages are in '{MessageLanguage}', and Holdfast only understands English: "
                + $"ALTER ROLE {Sql.QuoteIdentifier(role)} SET lc_messages = 'C';";

    /// <summary>Its version without the distribution's suffix.</summary>
    public string ShortVersion => Version.Split(' ')[0];
}
