using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Holdfast.Engines.PostgreSql.Tools;
using Holdfast.Engines.Restores;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>
/// Selects the objects of a dump to restore: all except grants and policies that are impossible with the target's
/// roles. Each exclusion is reported.
/// </summary>
/// <param name="role">The restoring role.</param>
/// <param name="metadata">Metadata of the database.</param>
/// <param name="ownsPublic">Whether that role can change the schema <c>public</c>.</param>
internal sealed partial class RestoreFilter(TargetRole role, DatabaseMetadata metadata, bool ownsPublic)
{
    private const string Public = "SCHEMA public";
    private const string Database = "DATABASE ";

    private const int MaxSqlLength = 4000;

    // A quoted name that is not valid UTF-8, in SQL that may be hostile and long.
    private static readonly Regex InvalidNamePattern = new("\"(?:[^\"]|\"\")*\uFFFD(?:[^\"]|\"\")*\"", RegexOptions.NonBacktracking);

    private readonly List<RoleReference> _missing = [.. metadata.Roles.Where(r => !role.AllRoles.Contains(r.Name))];
    private readonly List<string> _omissions = [];

    /// <summary>What was excluded.</summary>
    public IReadOnlyList<string> Omissions => _omissions;

    /// <summary>Returns the roles that the database refers to and the target server lacks, if the restore needs them.</summary>
    /// <exception cref="HoldfastException">There are such roles, and the configuration does not say what to do.</exception>
    public static IReadOnlyList<string> GetRequiredRoles(DatabaseMetadata metadata, TargetRole role, PostgreSqlRestoreConfig config)
    {
        var missing = metadata.Roles.Where(r => !role.AllRoles.Contains(r.Name)).ToList();
        if (config.KeepOwners && metadata.Roles.FirstOrDefault(r => r.HasInvalidName && r.Name == metadata.Owner) is { } invalid)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"'{metadata.Name}' belonged to '{invalid.Name}', whose name is not valid UTF-8, so no new database can be assigned to it.",
                "Choose another owner (--owner), without --keep-owners."
            );
        }

        List<string> required = [.. missing.Where(r => r.IsNamed || (config.KeepOwners && r.IsOwner)).Select(r => r.Name)];
        if (config.KeepOwners && !role.AllRoles.Contains(metadata.Owner) && !required.Contains(metadata.Owner))
        {
            required.Add(metadata.Owner);
        }
        // A table can be restored without its grants, but not without its owner if owners are to be kept.
        var notCreatable = missing.Where(r => r.HasInvalidName && required.Contains(r.Name)).ToList();
        var canCreate = config.MissingRoles == MissingRoles.Create && notCreatable.Count == 0;
        if (required.Count == 0 || canCreate || (config.MissingRoles == MissingRoles.Skip && !config.KeepOwners))
        {
            return required;
        }
        throw new HoldfastException(
            ErrorCatalog.NotAllowed,
            $"'{metadata.Name}' refers to roles that the target server does not have: {string.Join(", ", required.Select(n => $"'{n}'"))}.",
            $"Create them ({string.Join(' ', required.Select(CreateSql))}), "
                + $"{(notCreatable.Count == 0 ? "let the restore create them, " : "")}"
                + "or let it skip what refers to them."
        );

        string CreateSql(string name) => (missing.Find(r => r.Name == name) ?? new(name, false, true, false)).CreateSql;
    }

    /// <summary>Returns the ids of the objects that are not restored.</summary>
    public IReadOnlySet<int> SelectExcluded(DumpHeader header)
    {
        var excluded = new HashSet<int>();
        var publicEntries = ownsPublic
            ? []
            : header.Entries.Where(e => e is { Kind: TocEntry.Grants or TocEntry.Comment, Name: Public }).ToList();
        excluded.UnionWith(publicEntries.Select(e => e.Id));
        if (!ownsPublic && (publicEntries.Count > 0 || metadata.PublicGrants is { Count: > 0 }))
        {
            var statements = publicEntries
                .Where(e => metadata.PublicGrants is null || e.Kind == TocEntry.Comment)
                .Select(e => Lines().Replace(e.Definition!.Trim(), " "));
            if (metadata.PublicGrants is not null)
            {
                statements = statements.Prepend(PublicSchemaGrants.BuildStatements(metadata.PublicGrants, role, Encoding.UTF8));
            }
            _omissions.Add(
                "The grants and the comment on the schema public are left out: before version 15 it belongs to a superuser, "
                    + $"and only a superuser can set them in the new database: {string.Join(' ', statements)}"
            );
        }

        foreach (
            var entry in header.Entries.Where(e =>
                e.Kind is TocEntry.Grants or TocEntry.DefaultGrants or TocEntry.Policy && !excluded.Contains(e.Id)
            )
        )
        {
            // pg_restore skips these: they are applied with the final name of the database.
            if (entry is { Kind: TocEntry.Grants, Schema: null } && entry.Name.StartsWith(Database, StringComparison.Ordinal))
            {
                continue;
            }
            if (GetExclusionReason(entry, header) is not { } reason)
            {
                continue;
            }
            excluded.Add(entry.Id);
            var kind = entry.Kind == TocEntry.Policy ? "The policy" : "The grants on";
            var name = entry.Schema is null ? entry.Name : $"{entry.Schema}: {entry.Name}";
            _omissions.Add(
                $"{kind} {name} {(entry.Kind == TocEntry.Policy ? "is" : "are")} left out: {reason}. Its SQL: {FormatSql(entry)}"
            );
        }

        return excluded;
    }

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();

    private string FormatSql(TocEntry entry)
    {
        var sql = Lines().Replace((entry.Definition ?? "").Trim(), " ");
        if (InvalidNamePattern.IsMatch(sql) && metadata.Roles.Where(r => r.HasInvalidName).ToList() is [var invalid])
        {
            sql = role.BuildStatement(invalid.Name, name =>
                InvalidNamePattern.Replace(sql, name.Replace("$", "$$", StringComparison.Ordinal))
            );
        }
        sql = SecretMasker.Mask(sql);
        return sql.Length <= MaxSqlLength ? sql : sql[..MaxSqlLength] + " …";
    }

    private string? GetExclusionReason(TocEntry entry, DumpHeader header)
    {
        var sql = entry.Definition ?? "";
        if (_missing.Find(m => RoleSqlParser.FindFirstNamed(sql, [m.ToDatabaseEncoding(header.TextEncoding)]) is not null) is { } missing)
        {
            return $"the role '{missing.Name}' does not exist on this server";
        }
        // pg_dump has written a replacement, because the name cannot be encoded in UTF-8.
        if (
            header.TextEncoding.Equals(Encoding.UTF8)
            && InvalidNamePattern.IsMatch(sql)
            && metadata.Roles.FirstOrDefault(r => r.HasInvalidName) is { } invalid
        )
        {
            return $"the name of the role '{invalid.Name}' is not valid UTF-8, so a dump of a database in UTF-8 cannot contain it";
        }
        if (
            entry.Kind == TocEntry.DefaultGrants
            && RoleSqlParser.FindDefaultPrivilegesRole(sql) is { } defaultRole
            && !role.MemberOf.Any(o => NameEncoding.ToDatabaseEncoding(o, header.TextEncoding) == defaultRole)
        )
        {
            return $"'{role.Name}' is not a member of '{defaultRole}'";
        }
        return !role.IsSuperuser && sql.Contains("SET SESSION AUTHORIZATION", StringComparison.Ordinal)
            ? $"they were granted by roles other than the owner, and '{role.Name}' cannot act as those"
            : null;
    }
}
