using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Which objects of a dump are restored: all, but grants and policies that the target's roles do not allow. Each that
/// is left out is told.
/// </summary>
/// <param name="role">The restoring role.</param>
/// <param name="around">What the database names.</param>
/// <param name="ownsPublic">Whether that role may change the schema <c>public</c>.</param>
internal sealed partial class RestoreFilter(TargetRole role, DatabaseMetadata around, bool ownsPublic)
{
    private const string Public = "SCHEMA public";
    private const string Database = "DATABASE ";

    private const int MaxSqlLength = 4000;

    // A quoted name that is no text, in SQL that may be hostile, and long.
    private static readonly Regex InvalidNamePattern = new("\"(?:[^\"]|\"\")*\uFFFD(?:[^\"]|\"\")*\"", RegexOptions.NonBacktracking);

    private readonly List<RoleReference> _missing = [.. around.Roles.Where(r => !role.AllRoles.Contains(r.Name))];
    private readonly List<string> _leftOut = [];

    /// <summary>What was left out.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>Roles that the database names and the target lacks, as far as the restore cannot do without them.</summary>
    /// <exception cref="HoldfastException">There are some, and the operator has not said what to do.</exception>
    public static IReadOnlyList<string> GetRequiredRoles(DatabaseMetadata around, TargetRole role, PostgreSqlRestoreConfig config)
    {
        var lacking = around.Roles.Where(r => !role.AllRoles.Contains(r.Name)).ToList();
        if (config.KeepOwners && around.Roles.FirstOrDefault(r => r.IsNoText && r.Name == around.Owner) is { } odd)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"'{around.Name}' belonged to '{odd.Name}', whose name is not valid UTF-8, so that no new database can be given to it.",
                "Give it to another (--owner), without --keep-owners."
            );
        }

        List<string> needed = [.. lacking.Where(r => r.IsNamed || (config.KeepOwners && r.IsOwner)).Select(r => r.Name)];
        if (config.KeepOwners && !role.AllRoles.Contains(around.Owner) && !needed.Contains(around.Owner))
        {
            needed.Add(around.Owner);
        }
        // Without its grants a table can be restored; without its owner, where owners are to be kept, it cannot.
        var unmade = lacking.Where(r => r.IsNoText && needed.Contains(r.Name)).ToList();
        var isMade = config.MissingRoles == MissingRoles.Create && unmade.Count == 0;
        if (needed.Count == 0 || isMade || (config.MissingRoles == MissingRoles.Skip && !config.KeepOwners))
        {
            return needed;
        }
        throw new HoldfastException(
            ErrorCatalogue.NotAllowed,
            $"'{around.Name}' names roles that the target does not have: {string.Join(", ", needed.Select(n => $"'{n}'"))}.",
            $"Make them ({string.Join(' ', needed.Select(Creation))}), {(unmade.Count == 0 ? "let the restore make them, " : "")}"
                + "or let it leave out what names them."
        );

        string Creation(string name) => (lacking.Find(r => r.Name == name) ?? new(name, false, true, false)).Creation;
    }

    /// <summary>The numbers of the objects that are not restored.</summary>
    public IReadOnlySet<int> SelectExcluded(DumpHeader head)
    {
        var left = new HashSet<int>();
        var ofPublic = ownsPublic ? [] : head.Entries.Where(e => e is { Kind: TocEntry.Grants or TocEntry.Comment, Name: Public }).ToList();
        left.UnionWith(ofPublic.Select(e => e.Id));
        if (!ownsPublic && (ofPublic.Count > 0 || around.PublicGrants is { Count: > 0 }))
        {
            var statements = ofPublic
                .Where(e => around.PublicGrants is null || e.Kind == TocEntry.Comment)
                .Select(e => Lines().Replace(e.Definition!.Trim(), " "));
            if (around.PublicGrants is not null)
            {
                statements = statements.Prepend(PublicSchemaGrants.BuildStatements(around.PublicGrants, role, Encoding.UTF8));
            }
            _leftOut.Add(
                "The grants and the comment on the schema public are left out: before version 15 it belongs to a superuser, "
                    + $"who alone may set them in the new database: {string.Join(' ', statements)}"
            );
        }

        foreach (
            var entry in head.Entries.Where(e =>
                e.Kind is TocEntry.Grants or TocEntry.DefaultGrants or TocEntry.Policy && !left.Contains(e.Id)
            )
        )
        {
            // pg_restore passes over these: they come with the name of the database.
            if (entry is { Kind: TocEntry.Grants, Schema: null } && entry.Name.StartsWith(Database, StringComparison.Ordinal))
            {
                continue;
            }
            if (GetExclusionReason(entry, head) is not { } why)
            {
                continue;
            }
            left.Add(entry.Id);
            var what = entry.Kind == TocEntry.Policy ? "The policy" : "The grants on";
            var name = entry.Schema is null ? entry.Name : $"{entry.Schema}: {entry.Name}";
            _leftOut.Add($"{what} {name} {(entry.Kind == TocEntry.Policy ? "is" : "are")} left out: {why}. Its SQL: {FormatSql(entry)}");
        }

        return left;
    }

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();

    private string FormatSql(TocEntry entry)
    {
        var sql = Lines().Replace((entry.Definition ?? "").Trim(), " ");
        if (InvalidNamePattern.IsMatch(sql) && around.Roles.Where(r => r.IsNoText).ToList() is [var odd])
        {
            sql = role.BuildStatement(odd.Name, name => InvalidNamePattern.Replace(sql, name.Replace("$", "$$", StringComparison.Ordinal)));
        }
        sql = SecretMasker.Mask(sql);
        return sql.Length <= MaxSqlLength ? sql : sql[..MaxSqlLength] + " …";
    }

    private string? GetExclusionReason(TocEntry entry, DumpHeader head)
    {
        var sql = entry.Definition ?? "";
        if (_missing.Find(m => RoleSqlParser.FindFirstNamed(sql, [m.ToDatabaseEncoding(head.TextEncoding)]) is not null) is { } missing)
        {
            return $"the role '{missing.Name}' does not exist here";
        }
        // pg_dump has written something else, for nothing that it may write in UTF-8 is this name.
        if (
            head.TextEncoding.Equals(Encoding.UTF8)
            && InvalidNamePattern.IsMatch(sql)
            && around.Roles.FirstOrDefault(r => r.IsNoText) is { } odd
        )
        {
            return $"the name of the role '{odd.Name}' is not valid UTF-8, so that no dump of a database in UTF-8 can hold it";
        }
        if (
            entry.Kind == TocEntry.DefaultGrants
            && RoleSqlParser.FindDefaultPrivilegesRole(sql) is { } of
            && !role.MemberOf.Any(o => NameEncoding.ToDatabaseEncoding(o, head.TextEncoding) == of)
        )
        {
            return $"'{role.Name}' is no member of '{of}'";
        }
        return !role.IsSuperuser && sql.Contains("SET SESSION AUTHORIZATION", StringComparison.Ordinal)
            ? $"they were made by others than the owner, and '{role.Name}' cannot act for them"
            : null;
    }
}
