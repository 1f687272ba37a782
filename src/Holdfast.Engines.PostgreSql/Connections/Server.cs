using Holdfast.Core.Cluster;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>A server that has just answered.</summary>
/// <param name="Host">Where it is.</param>
/// <param name="Version">Its version as it says it: <c>15.18 (Debian 15.18-0+deb12u1)</c>.</param>
/// <param name="Major">The first number of it.</param>
/// <param name="IsStandby">Whether it follows another.</param>
/// <param name="Identity">Its group's system identifier; null where the role may not ask.</param>
internal sealed record Server(PostgreSqlHost Host, string Version, int Major, bool IsStandby, string? Identity)
{
    /// <summary>The oldest major that is backed up.</summary>
    public const int OldestMajor = 13;

    /// <summary>The language in which it speaks to the role of the source, as <c>lc_messages</c> names it; null for English.</summary>
    public string? MessageLanguage { get; init; }

    /// <summary>The role of the source, where it may choose that language; null where it may not, as all but superusers mostly.</summary>
    public string? LanguageOverrideRole { get; init; }

    /// <summary>Its role.</summary>
    public DatabaseRole Role => IsStandby ? DatabaseRole.Replica : DatabaseRole.Primary;

    /// <summary>What it says of the source.</summary>
    public SourceInfo Info => new(Identity, ShortVersion, Role);

    /// <summary>Whether a server with such <c>lc_messages</c> speaks English; one without has none.</summary>
    public static bool IsEnglish(string language) =>
        language.Length == 0
        || language.StartsWith('C')
        || language.StartsWith("en", StringComparison.OrdinalIgnoreCase)
        || language.StartsWith("POSIX", StringComparison.Ordinal);

    /// <summary>What to do so that its words are understood, those about a role of the source; null where they are.</summary>
    /// <param name="role">The role.</param>
    public string? GetLanguageHint(string role) =>
        MessageLanguage is null || role == LanguageOverrideRole
            ? null
            : $"It speaks '{MessageLanguage}', and what it says is only understood in English: ALTER ROLE {Sql.QuoteIdentifier(role)} SET lc_messages = 'C';";

    /// <summary>Its version without what a distribution adds.</summary>
    public string ShortVersion => Version.Split(' ')[0];
}
