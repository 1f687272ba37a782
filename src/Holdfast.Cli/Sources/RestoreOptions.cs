using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Commands;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Engines.Restores;

namespace Holdfast.Cli.Sources;

/// <summary>The options of a restore: owners and grants on a PostgreSQL server, or owner and mode of a SQLite file.</summary>
internal sealed class RestoreOptions
{
    private readonly Option<string> _user = new("--restore-user")
    {
        Description =
            "PostgreSQL: role that loads the dump, whose owner's code it then runs; it needs no privilege but to log in. Default: "
            + "the user of the address.",
        HelpName = "ROLE",
    };
    private readonly Option<string> _password = new("--restore-password-file")
    {
        Description = "PostgreSQL: a file of mode 0600 with the password of that role.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _owner = new("--owner")
    {
        Description =
            "PostgreSQL: role that owns the new database and its objects. Default: the restoring role; with --restore-user "
            + "its name followed by _owner. SQLite, without ROLE: the new file gets the owner and group "
            + "of the original.",
        HelpName = "ROLE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _mode = new("--mode")
    {
        Description =
            "SQLite: the new file gets the mode of the original, without bits for others. Default: only its owner may read and write it.",
    };
    private readonly Option<bool> _noOwner = new("--no-owner")
    {
        Description = "PostgreSQL: the restoring role owns all objects (default).",
    };
    private readonly Option<bool> _keepOwners = new("--keep-owners")
    {
        Description = "PostgreSQL: objects keep their owners. The restoring role must be a member of these roles.",
    };
    private readonly Option<MissingRoles> _missing = new("--missing-roles")
    {
        Description =
            "PostgreSQL: how to handle grants and policies of roles that do not exist. refuse (default) lists the roles; "
            + "skip omits the grants and policies; create creates the roles, without login.",
        HelpName = "refuse|skip|create",
    };
    private readonly Option<bool> _powerful = new("--allow-powerful-role")
    {
        Description =
            "PostgreSQL: allow a powerful role to restore: a superuser, BYPASSRLS, CREATEROLE, REPLICATION, pg_read_all_data "
            + "and the like. Use only if you trust those who owned the database or could write to the archive: their code runs.",
    };
    private readonly Option<bool> _continue = new("--continue-on-error")
    {
        Description = "PostgreSQL: omit objects that cannot be created, and list them with their SQL. Rows are never omitted.",
    };
    private readonly Option<bool> _superuser = new("--allow-superuser")
    {
        Description = "Deprecated name of --allow-powerful-role.",
        Hidden = true,
    };
    private readonly Option<int?> _jobs = new("--jobs")
    {
        Description = "PostgreSQL: number of connections that load large tables and build indexes (default 2).",
        HelpName = "N",
    };

    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All =>
        [_user, _password, _owner, _mode, _noOwner, _keepOwners, _missing, _powerful, _superuser, _continue, _jobs];

    /// <summary>Whether objects that cannot be created are omitted.</summary>
    public bool ShouldContinueOnError(ParseResult parsed) => parsed.GetValue(_continue);

    /// <summary>Reads the options for a restore to a database server.</summary>
    public RestoreRoleOptions ReadRoles(ParseResult parsed, EngineFactory engine)
    {
        SharedOptions.RejectOptions(parsed, $"for a {engine.Description.Label} database", _mode);
        if (HasOwner(parsed) && parsed.GetValue(_owner) is null)
        {
            throw new HoldfastException(ErrorCatalog.Usage, "--owner needs the name of a role.", "Write --owner ROLE.");
        }
        if (parsed.GetValue(_noOwner))
        {
            SharedOptions.RejectOptions(parsed, "with --no-owner", _owner, _keepOwners);
        }
        if (parsed.GetValue(_owner) is not null)
        {
            SharedOptions.RejectOptions(parsed, "with --owner", _keepOwners);
        }
        if (parsed.GetValue(_user) is not null)
        {
            SharedOptions.RejectOptions(parsed, "with --restore-user", _noOwner);
        }
        else
        {
            SharedOptions.RejectOptions(parsed, "without --restore-user", _password);
        }
        var password = parsed.GetValue(_password) is { } file ? ServerConnectionOptions.ReadSecret(file, "Password file") : null;
        if (parsed.GetValue(_superuser))
        {
            SharedOptions.Console(parsed).WriteNote("--allow-superuser is deprecated; use --allow-powerful-role.");
        }
        return new()
        {
            User = parsed.GetValue(_user),
            Password = password is null ? null : _ => new(password),
            Owner = parsed.GetValue(_owner),
            KeepOwners = parsed.GetValue(_keepOwners),
            MissingRoles = parsed.GetValue(_missing),
            AllowPowerfulRole = parsed.GetValue(_powerful) || parsed.GetValue(_superuser),
            Jobs = parsed.GetValue(_jobs) is { } jobs ? SharedOptions.RequirePositive(jobs, "--jobs") : null,
        };
    }

    /// <summary>
    /// Reads the options for a restore to a file, and rejects those for PostgreSQL. In server mode,
    /// <c>--continue-on-error</c> is allowed, because the target can be of either kind.
    /// </summary>
    public FileRestoreOptions ReadFileRestore(ParseResult parsed, bool isAtServer = false)
    {
        SharedOptions.RejectOptions(
            parsed,
            "for a database that is not on a PostgreSQL server",
            [.. All.Where(o => o != _owner && o != _mode && !(isAtServer && o == _continue))]
        );
        if (parsed.GetValue(_owner) is { } role)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"--owner {role} names a role, but the new database is not on a PostgreSQL server.",
                "Write --owner without a role after the path: the file gets the owner of the original. For another owner, use chown."
            );
        }
        return new() { RestoreMode = parsed.GetValue(_mode), RestoreOwner = HasOwner(parsed) };
    }

    private bool HasOwner(ParseResult parsed) => parsed.GetResult(_owner) is { Implicit: false };
}
