using System.Globalization;
using System.Text.Json;
using Holdfast.Core.Cluster;

namespace Holdfast.Server.Configuration;

/// <summary>
/// Turns JSON and environment variables into the record. The serialiser of the framework stops at its first fault; an operator who starts a
/// service wants all of them.
/// </summary>
internal sealed class ConfigReader(string folder, IReadOnlyDictionary<string, string> environment, List<string> faults)
{
    private const string Prefix = "HOLDFAST_";

    // What the environment holds, by the key that it stands for.
    private readonly Dictionary<string, string> _variables = [];
    private readonly HashSet<string> _used = [];

    public void Report(string key, string fault) => faults.Add($"{key}: {fault}");

    public ServerConfig Read(JsonElement root)
    {
        foreach (var (name, value) in environment.Where(v => v.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            _variables[name] = value;
        }
        var section = new ConfigSection(this, "", root);
        var defaults = new ServerConfig();
        var config = new ServerConfig
        {
            Node = section.GetString("node") ?? defaults.Node,
            Listen = section.GetString("listen") ?? defaults.Listen,
            LocalRoots = FindVariable("localRoots") is { } roots
                ? [.. roots.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(ToAbsolutePath)]
                : [.. section.GetStrings("localRoots").Select(ToAbsolutePath)],
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

    public string ToAbsolutePath(string path) =>
        path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? path : Path.GetFullPath(path, folder);

    private string? ToAbsolutePathOrNull(string? path) => path is null ? null : ToAbsolutePath(path);

    private SourceEntry ReadSource(ConfigSection section)
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
                Path = ToAbsolutePath(section.GetRequiredString("path")),
                Encrypted = section.GetStrings("encrypted"),
                Identity = section.GetString("identity"),
                SpoolFolder = ToAbsolutePathOrNull(section.GetString("spoolFolder")),
                MaxWriterWaitSeconds = section.GetNumber("maxWriterWaitSeconds", 0, 3600),
            };
            section.ReportUnknownKeys();
        }
        else if (entry.Engine == "postgresql")
        {
            entry = entry with
            {
                Url = section.GetRequiredString("url"),
                PasswordFile = ToAbsolutePathOrNull(section.GetString("passwordFile")),
                PassFile = ToAbsolutePathOrNull(section.GetString("passFile")),
                ToolFolders = [.. section.GetStrings("toolFolders").Select(ToAbsolutePath)],
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

    private RestoreEntry? ReadRestore(ConfigSection section)
    {
        if (!section.Exists)
        {
            return null;
        }
        var restore = new RestoreEntry
        {
            User = section.GetString("user"),
            PasswordFile = ToAbsolutePathOrNull(section.GetString("passwordFile")),
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

    private static LimitsConfig ReadLimits(ConfigSection section)
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

    private static AddressConfig? ReadAddress(ConfigSection section)
    {
        var url = section.Exists ? section.GetRequiredString("url") : section.GetString("url");
        section.ReportUnknownKeys();
        return url is null ? null : new() { Url = url };
    }

    private TlsConfig? ReadTls(ConfigSection section)
    {
        var exists = section.Exists || FindVariable("tls.certificate") is not null || FindVariable("tls.key") is not null;
        var tls = exists
            ? new TlsConfig
            {
                Certificate = ToAbsolutePath(section.GetRequiredString("certificate")),
                Key = ToAbsolutePath(section.GetRequiredString("key")),
            }
            : null;
        section.ReportUnknownKeys();
        return tls;
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadCommands(ConfigSection section) =>
        section.Names.ToDictionary(name => name, name => section.GetStrings(name), StringComparer.Ordinal);

    private static Dictionary<string, string> ReadDatabaseKeys(ConfigSection section) =>
        section.Names.ToDictionary(name => name, section.GetRequiredString, StringComparer.Ordinal);

    /// <summary>A number as JSON and the environment write it.</summary>
    public static double? ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
