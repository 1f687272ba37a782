using System.CommandLine;
using Holdfast.Cli.Commands;
using Holdfast.Engines.PostgreSql;

namespace Holdfast.Cli.Sources;

/// <summary>How a database is restored into a PostgreSQL server.</summary>
internal sealed class RestoreOptions
{
    private readonly Option<string> _owner = new("--owner") { Description = "PostgreSQL: role that owns the new database and all in it. Default: the role that restores.", HelpName = "ROLE" };
    private readonly Option<bool> _noOwner = new("--no-owner") { Description = "PostgreSQL: all belongs to the role that restores. The default." };
    private readonly Option<bool> _keepOwners = new("--keep-owners") { Description = "PostgreSQL: objects belong to the roles that they belonged to. The restoring role must be a member of these." };
    private readonly Option<MissingRoles> _missing = new("--missing-roles") { Description = "PostgreSQL: what is done where grants and policies name roles that are not there. refuse (default) lists them; skip leaves out what names them; create makes them, without the right to log in.", HelpName = "refuse|skip|create" };
    private readonly Option<bool> _superuser = new("--allow-superuser") { Description = "PostgreSQL: let a superuser restore. A dump can run programs as the server's system user: only where you trust whoever could write to the archive." };
    private readonly Option<int?> _jobs = new("--jobs") { Description = "PostgreSQL: connections that load large tables and build indexes at once (default 2).", HelpName = "N" };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_owner, _noOwner, _keepOwners, _missing, _superuser, _jobs];

    /// <summary>What was asked for.</summary>
    public PostgreSqlRestoreConfig Read(ParseResult parsed)
    {
        if (parsed.GetValue(_noOwner)) SharedOptions.Refuse(parsed, "with --no-owner", _owner, _keepOwners);
        if (parsed.GetValue(_owner) is not null) SharedOptions.Refuse(parsed, "with --owner", _keepOwners);
        return new()
        {
            Owner = parsed.GetValue(_owner),
            KeepOwners = parsed.GetValue(_keepOwners),
            MissingRoles = parsed.GetValue(_missing),
            AllowSuperuser = parsed.GetValue(_superuser),
            Jobs = SharedOptions.AtLeastOne(parsed.GetValue(_jobs) ?? new PostgreSqlRestoreConfig().Jobs, "--jobs"),
        };
    }

    /// <summary>Refuses all of them.</summary>
    public void Refuse(ParseResult parsed) => SharedOptions.Refuse(parsed, "where the new database is none of PostgreSQL's", [.. All]);
}
