using Holdfast.Core.Errors;
using Holdfast.Core.Settings;

namespace Holdfast.Engines.PostgreSql;

/// <summary>PostgreSQL servers, as the configuration file, the API and the command line name them.</summary>
public sealed class PostgreSqlEngineFactory : EngineFactory
{
    /// <inheritdoc/>
    public override string Kind => PostgreSqlEngine.Kind;

    /// <inheritdoc/>
    public override FormDescription Form { get; } = new("PostgreSQL", PostgreSqlForm.Fields);

    /// <inheritdoc/>
    public override bool CanSnapshot => false;

    /// <inheritdoc/>
    public override bool HasFiles => false;

    /// <inheritdoc/>
    public override IDatabaseEngine CreateEngine() => new PostgreSqlEngine();

    /// <inheritdoc/>
    public override SourceConfig? Bind(SettingsSection settings)
    {
        var config = ReadUrl(settings);
        var (passwordFile, passFile) = (settings.GetPath("passwordFile"), settings.GetPath("passFile"));
        var toolFolders = settings.GetPaths("toolFolders");
        var (lockWait, stall) = (settings.GetNumber("lockWaitSeconds", 1, 86_400), settings.GetNumber("stallSeconds", 1, 86_400));
        var restore = ReadRestore(settings.GetSection("restore"));
        if (config is null)
        {
            return null;
        }
        return config with
        {
            PasswordFile = passwordFile,
            PassFile = passFile ?? config.PassFile,
            ToolFolders = toolFolders,
            LockWait = lockWait is { } wait ? TimeSpan.FromSeconds(wait) : config.LockWait,
            StallTimeout = stall is { } timeout ? TimeSpan.FromSeconds(timeout) : config.StallTimeout,
            Restore = restore ?? config.Restore,
        };
    }

    /// <inheritdoc/>
    public override SourceConfig Bind(SourceDefinition definition, SourceSecrets secrets)
    {
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
        return config with
        {
            // Nor what this server's user keeps for itself: whoever names an address would be sent it.
            UsesEnvironment = false,
            PassFile = "/dev/null",
            Include = definition.Include,
            Exclude = definition.Exclude,
            Password = secrets.Password,
            Restore = new()
            {
                User = definition.RestoreUser,
                Password = secrets.RestorePassword,
                Owner = definition.RestoreOwner,
            },
        };
    }

    /// <inheritdoc/>
    public override bool Accepts(string location) => PostgreSqlUrl.IsPostgreSqlUrl(location);

    /// <inheritdoc/>
    public override SourceConfig Bind(SourceLocation location)
    {
        var url = PostgreSqlUrl.Parse(location.Location, location.Name);
        return url.Database is null
            ? url.Config with
            {
                Password = location.Password,
                Exclude = location.Exclude,
            }
            : throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"The address names the database '{url.Database}': a source is a whole server.",
                "Leave it out; --database NAME picks one."
            );
    }

    /// <inheritdoc/>
    public override (SourceConfig Source, string Database) BindTarget(SourceLocation location)
    {
        var url = PostgreSqlUrl.Parse(location.Location);
        var name = url.Database
            ?? throw new HoldfastException(
                ErrorCatalogue.Usage,
                "The address does not name the new database.",
                "Write it at the end: postgresql://USER@HOST/NEWNAME."
            );
        var restore = new PostgreSqlRestoreConfig
        {
            User = location.Restore.User,
            Password = location.Restore.Password,
            Owner = location.Restore.Owner,
            KeepOwners = location.Restore.KeepOwners,
            MissingRoles = location.Restore.MissingRoles,
            AllowPrivilegedRole = location.Restore.AllowPowerfulRole,
        };
        return (
            url.Config with
            {
                Password = location.Password,
                Restore = location.Restore.Jobs is { } jobs ? restore with { Jobs = jobs } : restore,
            },
            name
        );
    }

    private static PostgreSqlSourceConfig? ReadUrl(SettingsSection settings)
    {
        var text = settings.GetRequiredString("url");
        if (text.Length == 0)
        {
            return null; // reported
        }
        try
        {
            var url = PostgreSqlUrl.Parse(text);
            if (url.Database is null)
            {
                return url.Config;
            }
            settings.Report(
                "url",
                $"It names the database '{url.Database}': a source is a whole server.",
                "Leave it out; 'include' and 'exclude' choose databases."
            );
        }
        catch (HoldfastException e)
        {
            settings.Report("url", e.Message, e.Hint ?? "");
        }
        return null;
    }

    private static PostgreSqlRestoreConfig? ReadRestore(SettingsSection settings)
    {
        if (!settings.Exists)
        {
            return null;
        }
        var isPowerful = settings.GetBoolean("allowPowerfulRole");
        var config = new PostgreSqlRestoreConfig
        {
            User = settings.GetString("user"),
            PasswordFile = settings.GetPath("passwordFile"),
            Owner = settings.GetString("owner"),
            KeepOwners = settings.GetBoolean("keepOwners"),
            MissingRoles = ReadMissingRoles(settings),
            AllowPrivilegedRole = settings.GetBoolean("allowSuperuser"),
        };
        if (config.AllowPrivilegedRole)
        {
            settings.Warn("allowSuperuser", "is called restore.allowPowerfulRole now, and lets every powerful role restore.");
        }
        config = config with { AllowPrivilegedRole = isPowerful || config.AllowPrivilegedRole };
        if (settings.GetInteger("jobs", 1, 64) is { } jobs)
        {
            config = config with { Jobs = jobs };
        }
        if (config is { PasswordFile: not null, User: null })
        {
            settings.Report("passwordFile", "is the password of restore.user, which is not given.");
        }
        settings.ReportUnknownKeys();
        return config;
    }

    private static MissingRoles ReadMissingRoles(SettingsSection settings)
    {
        var text = settings.GetString("missingRoles") ?? "refuse";
        if (text is not ("refuse" or "skip" or "create"))
        {
            settings.Report("missingRoles", $"'{text}' must be refuse, skip or create.");
            return MissingRoles.Refuse;
        }
        return Enum.Parse<MissingRoles>(text, ignoreCase: true);
    }
}
