using System.Text.Json;
using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Core.Settings;

namespace Holdfast.Server.Configuration;

/// <summary>
/// Turns JSON and environment variables into the record. The serialiser of the framework stops at its first fault; an operator who starts a
/// service wants all of them.
/// </summary>
internal sealed class ConfigReader
{
    private const string Prefix = "HOLDFAST_";

    // What the environment holds, by the key that it stands for.
    private readonly Dictionary<string, string> _variables = [];
    private readonly HashSet<string> _used = [];
    private readonly SettingsContext _context;

    public ConfigReader(string folder, IReadOnlyDictionary<string, string> environment)
    {
        foreach (var (name, value) in environment.Where(v => v.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            _variables[name] = value;
        }
        _context = new(folder, key => FindVariable(key) is { } value ? (ToVariableName(key), value) : null);
    }

    /// <summary>Every fault that was found, each beginning with its key.</summary>
    public IReadOnlyList<string> Faults => [.. _context.Faults.Select(f => $"{f.Field}: {Sentence.Join(f.Message, f.Hint)}")];

    public void Report(string key, string fault) => _context.Report(key, fault);

    public ServerConfig Read(JsonElement root)
    {
        var section = new SettingsSection(_context, "", root);
        var defaults = new ServerConfig();
        var config = new ServerConfig
        {
            Node = section.GetString("node") ?? defaults.Node,
            Listen = section.GetString("listen") ?? defaults.Listen,
            LocalRoots = FindVariable("localRoots") is { } roots
                ? [.. roots.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(_context.ToAbsolutePath)]
                : section.GetPaths("localRoots"),
            Sources = [.. section.GetSections("sources").Select(ReadSource)],
            Limits = ReadLimits(section.GetSection("limits")),
            Webhook = ReadAddress(section.GetSection("webhook")),
            Heartbeat = ReadAddress(section.GetSection("heartbeat")),
            Tls = ReadTls(section.GetSection("tls")),
            Commands = ReadCommands(section.GetSection("commands")),
            DatabaseKeys = ReadDatabaseKeys(section.GetSection("databaseKeys")),
        };
        section.ReportUnknownKeys("$schema"); // editors find the schema by it
        foreach (
            var name in _variables
                .Keys.Where(n => n.Contains("__", StringComparison.Ordinal) && !_used.Contains(n))
                .Order(StringComparer.Ordinal)
        )
        {
            Report(name, "is no setting that the environment can give.");
        }
        return config;
    }

    /// <summary>The variable that stands for a key, if it is set: <c>limits.smallLane</c> is <c>HOLDFAST_LIMITS__SMALL_LANE</c>.</summary>
    public string? FindVariable(string key)
    {
        var name = ToVariableName(key);
        if (!_variables.TryGetValue(name, out var value))
        {
            return null;
        }
        _used.Add(name);
        return value;
    }

    public static string ToVariableName(string key) =>
        Prefix
        + string.Concat(
            key.Select(c =>
                c == '.' ? "__"
                : char.IsAsciiLetterUpper(c) ? $"_{c}"
                : char.ToUpperInvariant(c).ToString()
            )
        );

    private SourceEntry ReadSource(SettingsSection section)
    {
        var entry = new SourceEntry
        {
            Name = section.GetRequiredString("name"),
            Engine = section.GetRequiredString("engine"),
            Include = section.GetStrings("include"),
            Exclude = section.GetStrings("exclude"),
            Role = section.GetEnum("role", DatabaseRole.Primary),
        };
        if (entry.Engine == "sqlite")
        {
            entry = entry with
            {
                Path = section.GetRequiredPath("path"),
                Encrypted = section.GetStrings("encrypted"),
                Identity = section.GetString("identity"),
                SpoolFolder = section.GetPath("spoolFolder"),
                MaxWriterWaitSeconds = section.GetNumber("maxWriterWaitSeconds", 0, 3600),
            };
            section.ReportUnknownKeys();
        }
        else if (entry.Engine == "postgresql")
        {
            entry = entry with
            {
                Url = section.GetRequiredString("url"),
                PasswordFile = section.GetPath("passwordFile"),
                PassFile = section.GetPath("passFile"),
                ToolFolders = section.GetPaths("toolFolders"),
                LockWaitSeconds = section.GetNumber("lockWaitSeconds", 1, 86_400),
                StallSeconds = section.GetNumber("stallSeconds", 1, 86_400),
                Restore = ReadRestore(section.GetSection("restore")),
            };
            section.ReportUnknownKeys();
        }
        else if (entry.Engine.Length > 0)
        {
            // what else stands there belongs to it
            Report(section.GetKeyPath("engine"), $"'{entry.Engine}' is not an engine. Known: sqlite, postgresql.");
        }

        return entry;
    }

    private RestoreEntry? ReadRestore(SettingsSection section)
    {
        if (!section.Exists)
        {
            return null;
        }
        var restore = new RestoreEntry
        {
            User = section.GetString("user"),
            PasswordFile = section.GetPath("passwordFile"),
            Owner = section.GetString("owner"),
            KeepOwners = section.GetBoolean("keepOwners"),
            MissingRoles = section.GetString("missingRoles") ?? "refuse",
            AllowPowerfulRole = section.GetBoolean("allowPowerfulRole"),
            AllowSuperuser = section.GetBoolean("allowSuperuser"),
            Jobs = section.GetInteger("jobs", 1, 64),
        };
        if (restore.MissingRoles is not ("refuse" or "skip" or "create"))
        {
            Report(section.GetKeyPath("missingRoles"), $"'{restore.MissingRoles}' must be refuse, skip or create.");
        }
        if (restore is { PasswordFile: not null, User: null })
        {
            Report(section.GetKeyPath("passwordFile"), "is the password of restore.user, which is not given.");
        }
        section.ReportUnknownKeys();
        return restore;
    }

    private static LimitsConfig ReadLimits(SettingsSection section)
    {
        var defaults = new LimitsConfig();
        var limits = new LimitsConfig
        {
            Slots = section.GetInteger("slots", 1, 256) ?? defaults.Slots,
            SmallLane = section.GetInteger("smallLane", 1, 1024) ?? defaults.SmallLane,
            Restores = section.GetInteger("restores", 1, 64) ?? defaults.Restores,
            PerSource = section.GetInteger("perSource", 1, 1024),
            PerDestination = section.GetInteger("perDestination", 1, 1024),
            NoProgressMinutes = section.GetInteger("noProgressMinutes", 1, 10_080) ?? defaults.NoProgressMinutes,
            DiscoverySeconds = section.GetInteger("discoverySeconds", 1, 86_400) ?? defaults.DiscoverySeconds,
            GraceSeconds = section.GetInteger("graceSeconds", 0, 3600) ?? defaults.GraceSeconds,
            MaxChainAgeDays = section.GetInteger("maxChainAgeDays", 1, 3650) ?? defaults.MaxChainAgeDays,
            GracePeriodMinutes = section.GetInteger("gracePeriodMinutes", 1, 10_080) ?? defaults.GracePeriodMinutes,
        };
        section.ReportUnknownKeys();
        return limits;
    }

    private static AddressConfig? ReadAddress(SettingsSection section)
    {
        var url = section.Exists ? section.GetRequiredString("url") : section.GetString("url");
        section.ReportUnknownKeys();
        return url is null ? null : new() { Url = url };
    }

    private TlsConfig? ReadTls(SettingsSection section)
    {
        var exists = section.Exists || FindVariable("tls.certificate") is not null || FindVariable("tls.key") is not null;
        var tls = exists
            ? new TlsConfig { Certificate = section.GetRequiredPath("certificate"), Key = section.GetRequiredPath("key") }
            : null;
        section.ReportUnknownKeys();
        return tls;
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadCommands(SettingsSection section) =>
        section.Names.ToDictionary(name => name, name => section.GetStrings(name), StringComparer.Ordinal);

    private static Dictionary<string, string> ReadDatabaseKeys(SettingsSection section) =>
        section.Names.ToDictionary(name => name, section.GetRequiredString, StringComparer.Ordinal);
}
