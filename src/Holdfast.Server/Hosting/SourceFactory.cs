using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Engines.PostgreSql;
using Holdfast.Engines.Sqlite;
using Holdfast.Engines.Sqlite.Readers;
using Holdfast.Node.Discovery;
using Holdfast.Node.Sources;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Hosting;

/// <summary>
/// Attaches sources: those of the configuration, and those that were defined over the API. The one place of the server
/// that names an engine.
/// </summary>
internal static class SourceFactory
{
    private const string PostgreSql = "postgresql";

    /// <summary>A source of the configuration.</summary>
    /// <exception cref="HoldfastException">It cannot be one.</exception>
    public static AttachedSource Attach(SourceEntry entry, TimeProvider time, ReaderPool? readers) =>
        entry.Engine switch
        {
            "sqlite" => AttachSqlite(entry, time, readers),
            PostgreSql => Attach(ToPostgreSqlConfig(entry)),
            _ => throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"Source '{entry.Name}' has the unknown engine '{entry.Engine}'.",
                "Use sqlite or postgresql."
            ),
        };

    /// <summary>
    /// A source that was defined over the API: a database server, and nothing that names a file or a program of this
    /// machine.
    /// </summary>
    /// <exception cref="HoldfastException">It cannot be one.</exception>
    public static AttachedSource Attach(SourceDefinition definition, SourceSecrets secrets)
    {
        if (definition.Engine != PostgreSql)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"A source of '{definition.Engine}' cannot be defined here.",
                "A PostgreSQL server can; a directory of SQLite databases stands in holdfast.json."
            );
        }
        var config = PostgreSqlUrl.Parse(definition.Url, definition.Name) is { Database: null } url
            ? url.Config
            : throw new HoldfastException(
                ErrorCatalogue.Usage,
                "The address names a database: a source is a whole server.",
                "Leave it out; 'include' and 'exclude' choose databases."
            );
        if (config.PassFile is not null || config.RootCertificate is not null)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "The address names a file of this machine, which only the configuration may.",
                "Leave passfile and sslrootcert out, or define the source in holdfast.json."
            );
        }
        if (config.Hosts.FirstOrDefault(h => h.IsSocket) is { } socket)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"The address names the socket '{socket.Name}' of this machine, which only the configuration may: there the "
                    + "server's own user is let in without a password.",
                "Move the source to holdfast.json, or name a host."
            );
        }
        // Nor what this server's user keeps for itself: whoever names an address would be sent it.
        config = config with { UsesEnvironment = false, PassFile = "/dev/null" };
        return Attach(
            config with
            {
                Include = definition.Include,
                Exclude = definition.Exclude,
                Password = secrets.Password,
                Restore = new()
                {
                    User = definition.RestoreUser,
                    Password = secrets.RestorePassword,
                    Owner = definition.RestoreOwner,
                },
            }
        );
    }

    /// <summary>What is wrong with the address of a source of the configuration; null where nothing is.</summary>
    public static string? ValidateUrl(SourceEntry entry)
    {
        try
        {
            return ToPostgreSqlConfig(entry) is null ? "" : null;
        }
        catch (HoldfastException e)
        {
            return Sentence.Join(e.Message, e.Hint);
        }
    }

    /// <summary>All engines, for what needs no source.</summary>
    public static IReadOnlyCollection<IDatabaseEngine> CreateEngines(TimeProvider time) => [new SqliteEngine(time), new PostgreSqlEngine()];

    private static AttachedSource AttachSqlite(SourceEntry entry, TimeProvider time, ReaderPool? readers)
    {
        var config = new SqliteSourceConfig
        {
            Name = entry.Name,
            Path = entry.Path!,
            Include = entry.Include,
            Exclude = entry.Exclude,
            Encrypted = entry.Encrypted,
            Identity = entry.Identity,
            Role = entry.Role,
        };
        if (entry.SpoolFolder is { } spool)
        {
            config = config with { SpoolFolder = spool };
        }
        if (entry.MaxWriterWaitSeconds is { } wait)
        {
            config = config with { MaxWriterWait = TimeSpan.FromSeconds(wait) };
        }
        var engine = new SqliteEngine(time, readers);
        return new(engine.Name, engine.Attach(config), CanSnapshot: true);
    }

    private static AttachedSource Attach(PostgreSqlSourceConfig config)
    {
        var engine = new PostgreSqlEngine();
        return new(engine.Name, engine.Attach(config), CanSnapshot: false);
    }

    private static PostgreSqlSourceConfig ToPostgreSqlConfig(SourceEntry entry)
    {
        var url = PostgreSqlUrl.Parse(entry.Url!, entry.Name);
        if (url.Database is not null)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"It names the database '{url.Database}': a source is a whole server.",
                "Leave it out; 'include' and 'exclude' choose databases."
            );
        }
        var config = url.Config with
        {
            Include = entry.Include,
            Exclude = entry.Exclude,
            PasswordFile = entry.PasswordFile,
            ToolFolders = entry.ToolFolders,
        };
        if (entry.PassFile is not null)
        {
            config = config with { PassFile = entry.PassFile };
        }
        if (entry.LockWaitSeconds is { } wait)
        {
            config = config with { LockWait = TimeSpan.FromSeconds(wait) };
        }
        if (entry.StallSeconds is { } stall)
        {
            config = config with { StallTimeout = TimeSpan.FromSeconds(stall) };
        }
        if (entry.Restore is not { } restore)
        {
            return config;
        }
        var read = new PostgreSqlRestoreConfig
        {
            User = restore.User,
            PasswordFile = restore.PasswordFile,
            Owner = restore.Owner,
            KeepOwners = restore.KeepOwners,
            AllowPrivilegedRole = restore.AllowPowerfulRole || restore.AllowSuperuser,
            MissingRoles = Enum.Parse<MissingRoles>(restore.MissingRoles, ignoreCase: true),
        };
        return config with { Restore = restore.Jobs is { } jobs ? read with { Jobs = jobs } : read };
    }
}
