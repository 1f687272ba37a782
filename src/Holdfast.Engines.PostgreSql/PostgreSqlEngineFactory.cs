using Holdfast.Core.Errors;
using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Creates sources that are PostgreSQL servers, from the configuration file, the API and the command line.</summary>
public sealed class PostgreSqlEngineFactory : EngineFactory
{
    private const string UrlKey = "url";

    /// <inheritdoc/>
    public override EngineKind Description { get; } =
        new()
        {
            Kind = PostgreSqlEngine.Kind,
            Label = "PostgreSQL",
            Summary = "A PostgreSQL server with all its databases, or a primary with its standbys.",
            Features = new() { CanTestConnection = true },
            Form = PostgreSqlForm.Description,
        };

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
    public override SourceConfig? Bind(SourceDefinition definition, SettingsSection settings, SourceSecrets secrets)
    {
        if (ParseUrl(definition.Url, definition.Name, settings) is not { } config || !ReportLocalFiles(config, settings))
        {
            return null; // reported
        }
        return config with
        {
            // Nor what this server's user keeps for itself: any server that somebody names would receive it.
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
                ErrorCatalog.Usage,
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
                ErrorCatalog.Usage,
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
        var text = settings.GetRequiredString(UrlKey);
        return text.Length == 0 ? null : ParseUrl(text, SourceConfig.DefaultName, settings);
    }

    private static PostgreSqlSourceConfig? ParseUrl(string text, string name, SettingsSection settings)
    {
        try
        {
            var url = PostgreSqlUrl.Parse(text, name);
            if (url.Database is null)
            {
                return url.Config;
            }
            settings.Report(
                UrlKey,
                $"The URL names the database '{url.Database}', but a source is a whole server.",
                "Remove it; 'include' and 'exclude' select databases."
            );
        }
        catch (HoldfastException e)
        {
            settings.Report(UrlKey, e.Message, e.Hint ?? "");
        }
        return null;
    }

    // False if the URL names something of this machine, which is reported.
    private static bool ReportLocalFiles(PostgreSqlSourceConfig config, SettingsSection settings)
    {
        if (config.PassFile is not null || config.RootCertificate is not null)
        {
            settings.Report(
                UrlKey,
                "The URL names a file of this machine, which only the configuration may do.",
                "Remove passfile and sslrootcert, or define the source in holdfast.json."
            );
            return false;
        }
        if (config.Hosts.FirstOrDefault(h => h.IsSocket) is { } socket)
        {
            settings.Report(
                UrlKey,
                $"The URL names the socket '{socket.Name}' of this machine, which only the configuration may do: through a socket, "
                    + "PostgreSQL may let the user that runs Holdfast in without a password.",
                "Move the source to holdfast.json, or give a host name."
            );
            return false;
        }
        return true;
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
