using System.Text.RegularExpressions;
using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>Finds role names in the SQL of grants and policies, as <c>pg_dump</c> writes it.</summary>
internal static partial class RoleSqlParser
{
    /// <summary>Returns the first of <paramref name="roles"/> that the SQL names; null if there is none.</summary>
    public static string? FindFirstNamed(string sql, IEnumerable<string> roles) => roles.FirstOrDefault(r => NamesRole(sql, r));

    /// <summary>Returns the role of an ALTER DEFAULT PRIVILEGES statement; null if there is none.</summary>
    public static string? FindDefaultPrivilegesRole(string sql)
    {
        var match = ForRole().Match(sql);
        if (!match.Success)
        {
            return null;
        }
        var name = match.Groups[1].Value;
        return name[0] == '"' ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;
    }

    private static bool NamesRole(string sql, string role) =>
        new Regex(
            $@"(?:\bTO |\bFROM |\bFOR ROLE |, )(?:{Regex.Escape(role)}|{Regex.Escape(Sql.QuoteIdentifier(role))})(?:[;,\s]|$)",
            RegexOptions.NonBacktracking
        ).IsMatch(sql);

    [GeneratedRegex("""\bFOR ROLE ("(?:[^"]|"")+"|[^\s";]+)""")]
    private static partial Regex ForRole();
}
