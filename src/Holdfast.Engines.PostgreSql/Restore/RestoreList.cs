using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>Which objects of a dump are restored: all, but grants and policies that the target's roles do not allow. Each that is left out is told.</summary>
/// <param name="role">The restoring role.</param>
/// <param name="around">What the database names.</param>
internal sealed class RestoreList(TargetRole role, Surroundings around)
{
    private readonly List<string> _missing = [.. around.Roles.Select(r => r.Name).Where(n => !role.All.Contains(n))];
    private readonly List<string> _warnings = [];

    /// <summary>What was left out.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Roles that the database names and the target lacks, as far as the restore cannot do without them.</summary>
    /// <exception cref="HoldfastException">There are some, and the operator has not said what to do.</exception>
    public static IReadOnlyList<string> Needed(Surroundings around, TargetRole role, PostgreSqlRestoreConfig config)
    {
        var lacking = around.Roles.Where(r => !role.All.Contains(r.Name)).ToList();
        List<string> needed = [.. lacking.Where(r => r.IsNamed || (config.KeepOwners && r.IsOwner)).Select(r => r.Name)];
        if (config.KeepOwners && !role.All.Contains(around.Owner) && !needed.Contains(around.Owner)) needed.Add(around.Owner);
        // Without its grants a table can be restored; without its owner, where owners are to be kept, it cannot.
        if (needed.Count == 0 || config.MissingRoles == MissingRoles.Create || (config.MissingRoles == MissingRoles.Skip && !config.KeepOwners)) return needed;
        throw new HoldfastException(
            ErrorCatalogue.NotAllowed,
            $"'{around.Name}' names roles that the target does not have: {string.Join(", ", needed.Select(n => $"'{n}'"))}.",
            $"Make them ({string.Join(' ', needed.Select(n => $"CREATE ROLE {Sql.Name(n)};"))}), let the restore make them, or let it leave out what names them.");
    }

    /// <summary>The numbers of the objects that are not restored.</summary>
    public IReadOnlySet<int> LeaveOut(DumpHead head)
    {
        var left = new HashSet<int>();
        foreach (var entry in head.Entries.Where(e => e.Kind is TocEntry.Grants or TocEntry.DefaultGrants or TocEntry.Policy))
        {
            if (WhyNot(entry) is not { } why) continue;
            left.Add(entry.Id);
            _warnings.Add($"{(entry.Kind == TocEntry.Policy ? "The policy" : "The grants on")} {(entry.Schema is null ? "" : entry.Schema + ": ")}{entry.Name} {(entry.Kind == TocEntry.Policy ? "is" : "are")} left out: {why}.");
        }

        return left;
    }

    private string? WhyNot(TocEntry entry)
    {
        var sql = entry.Definition ?? "";
        if (RoleText.FirstNamed(sql, _missing) is { } name) return $"the role '{name}' does not exist here";
        if (entry.Kind == TocEntry.DefaultGrants && RoleText.DefaultsOf(sql) is { } of && !role.Own.Contains(of)) return $"'{role.Name}' is no member of '{of}'";
        return !role.IsSuperuser && sql.Contains("SET SESSION AUTHORIZATION", StringComparison.Ordinal) ? $"they were made by others than the owner, and '{role.Name}' cannot act for them" : null;
    }
}
