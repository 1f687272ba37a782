using System.Text.RegularExpressions;
using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Tells which right a role lacks by what <c>pg_dump</c> said, with the SQL that gives it.</summary>
internal static partial class MissingPrivilege
{
    private const int FirstThatReadsLargeObjects = 18; // as a member of pg_read_all_data

    /// <summary>What to do; null where it failed for another reason.</summary>
    /// <param name="errors">All that <c>pg_dump</c> said.</param>
    /// <param name="user">The role that backs up.</param>
    /// <param name="major">Major of the server.</param>
    public static string? GetHint(string errors, string user, int major)
    {
        var role = Sql.QuoteIdentifier(user);
        if (errors.Contains("row-level security", StringComparison.Ordinal))
        {
            return $"ALTER ROLE {role} BYPASSRLS; or a policy that shows it all rows (CREATE POLICY … FOR SELECT TO {role} USING (true)).";
        }
        if (!errors.Contains("permission denied for", StringComparison.Ordinal))
        {
            return null;
        }
        if (LargeObject().Match(errors) is { Success: true } found && major < FirstThatReadsLargeObjects)
        {
            return $"GRANT SELECT ON LARGE OBJECT {found.Groups[1].Value} TO {role}; or, for all of them, "
                + $"ALTER ROLE {role} SET lo_compat_privileges = on; which lets it change and delete them, too.";
        }

        if (major >= ConnectionTest.FirstMajorWithReadAllData)
        {
            return $"GRANT pg_read_all_data TO {role};";
        }
        return $"For each schema GRANT USAGE ON SCHEMA name TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA name TO {role}; "
            + $"GRANT SELECT ON ALL SEQUENCES IN SCHEMA name TO {role}; or use a superuser.";
    }

    [GeneratedRegex("permission denied for large object ([0-9]{1,10})")]
    private static partial Regex LargeObject();
}
