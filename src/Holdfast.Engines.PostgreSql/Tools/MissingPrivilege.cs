using System.Text.RegularExpressions;
using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Determines the missing privilege from the output of <c>pg_dump</c>, with the SQL that grants it.</summary>
internal static partial class MissingPrivilege
{
    private const int FirstThatReadsLargeObjects = 18; // to members of pg_read_all_data

    /// <summary>Returns the hint; null if it failed for another reason.</summary>
    /// <param name="errors">The error output of <c>pg_dump</c>.</param>
    /// <param name="user">The role that backs up.</param>
    /// <param name="major">Major version of the server.</param>
    public static string? GetHint(string errors, string user, int major)
    {
        var role = Sql.QuoteIdentifier(user);
        if (errors.Contains("row-level security", StringComparison.Ordinal))
        {
            return $"ALTER ROLE {role} BYPASSRLS; or create a policy that shows it all rows "
                + $"(CREATE POLICY … FOR SELECT TO {role} USING (true)).";
        }
        if (!errors.Contains("permission denied for", StringComparison.Ordinal))
        {
            return null;
        }
        if (LargeObject().Match(errors) is { Success: true } found && major < FirstThatReadsLargeObjects)
        {
            return $"GRANT SELECT ON LARGE OBJECT {found.Groups[1].Value} TO {role}; or, for all of them, "
                + $"ALTER ROLE {role} SET lo_compat_privileges = on; which also allows it to change and delete them.";
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
