using System.Globalization;
using System.Text.Json;
using Holdfast.Core.Cluster;

namespace Holdfast.Server.Configuration;

/// <summary>
/// Turns JSON and environment variables into the record. The serialiser of the framework stops at its first fault; an operator who starts a
/// service wants all of them.
/// </summary>
internal sealed class ConfigReading(string folder, IReadOnlyDictionary<string, string> environment, List<string> faults)
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
            Node = section.Text("node") ?? defaults.Node,
            Listen = section.Text("listen") ?? defaults.Listen,
            LocalRoots = Variable("localRoots") is { } roots
                ? [.. roots.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(Absolute)]
                : [.. section.Texts("localRoots").Select(Absolute)],
            Sources = [.. section.Objects("sources").Select(Source)],
            Limits = Limits(section.Child("limits")),
            Webhook = Address(section.Child("webhook")),
            Heartbeat = Address(section.Child("heartbeat")),
            Tls = Tls(section.Child("tls")),
            Commands = Commands(section.Child("commands")),
            DatabaseKeys = DatabaseKeys(section.Child("databaseKeys")),
        };
        section.End("$schema"); // editors find the schema by it
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
    public string? Variable(string key)
    {
        var name = VariableName(key);
        if (!_variables.TryGetValue(name, out var value))
        {
            return null;
        }
        _used.Add(name);
        return value;
    }

    public static string VariableName(string key) =>
        Prefix
        + string.Concat(
            key.Select(c =>
                c == '.' ? "__"
                : char.IsAsciiLetterUpper(c) ? $"_{c}"
                : char.ToUpperInvariant(c).ToString()
            )
        );

    public string Absolute(string path) =>
        path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? path : Path.GetFullPath(path, folder);

    private string? AbsoluteOrNull(string? path) => path is null ? null : Absolute(path);

    private SourceEntry Source(ConfigSection section)
    {
        var entry = new SourceEntry
        {
            Name = section.NeededText("name"),
            Engine = section.NeededText("engine"),
            Include = section.Texts("include"),
            Exclude = section.Texts("exclude"),
            Role = section.Choice("role", DatabaseRole.Primary),
        };
        if (entry.Engine == "sqlite")
        {
            entry = entry with
            {
                Path = Absolute(section.NeededText("path")),
                Encrypted = section.Texts("encrypted"),
                Identity = section.Text("identity"),
                SpoolFolder = AbsoluteOrNull(section.Text("spoolFolder")),
                MaxWriterWaitSeconds = section.Number("maxWriterWaitSeconds", 0, 3600),
            };
            section.End();
        }
        else if (entry.Engine == "postgresql")
        {
            entry = entry with
            {
                Url = section.NeededText("url"),
                PasswordFile = AbsoluteOrNull(section.Text("passwordFile")),
                PassFile = AbsoluteOrNull(section.Text("passFile")),
                ToolFolders = [.. section.Texts("toolFolders").Select(Absolute)],
                LockWaitSeconds = section.Number("lockWaitSeconds", 1, 86_400),
                StallSeconds = section.Number("stallSeconds", 1, 86_400),
                Restore = Restore(section.Child("restore")),
            };
            section.End();
        }
        else if (entry.Engine.Length > 0)
        {
            // what else stands there belongs to it
            Report(section.Key("engine"), $"'{entry.Engine}' is not an engine. Known: sqlite, postgresql.");
        }

        return entry;
    }

    private RestoreEntry? Restore(ConfigSection section)
    {
        if (!section.Exists)
        {
            return null;
        }
        var restore = new RestoreEntry
        {
            User = section.Text("user"),
            PasswordFile = AbsoluteOrNull(section.Text("passwordFile")),
            Owner = section.Text("owner"),
            KeepOwners = section.Flag("keepOwners"),
            MissingRoles = section.Text("missingRoles") ?? "refuse",
            AllowPowerfulRole = section.Flag("allowPowerfulRole"),
            AllowSuperuser = section.Flag("allowSuperuser"),
            Jobs = section.Whole("jobs", 1, 64),
        };
        if (restore.MissingRoles is not ("refuse" or "skip" or "create"))
        {
            Report(section.Key("missingRoles"), $"'{restore.MissingRoles}' must be refuse, skip or create.");
        }
        if (restore is { PasswordFile: not null, User: null })
        {
            Report(section.Key("passwordFile"), "is the password of restore.user, which is not given.");
        }
        section.End();
        return restore;
    }

    private static LimitsConfig Limits(ConfigSection section)
    {
        var defaults = new LimitsConfig();
        var limits = new LimitsConfig
        {
            Slots = section.Whole("slots", 1, 256) ?? defaults.Slots,
            SmallLane = section.Whole("smallLane", 1, 1024) ?? defaults.SmallLane,
            Restores = section.Whole("restores", 1, 64) ?? defaults.Restores,
            PerSource = section.Whole("perSource", 1, 1024),
            PerDestination = section.Whole("perDestination", 1, 1024),
            NoProgressMinutes = section.Whole("noProgressMinutes", 1, 10_080) ?? defaults.NoProgressMinutes,
            DiscoverySeconds = section.Whole("discoverySeconds", 1, 86_400) ?? defaults.DiscoverySeconds,
            GraceSeconds = section.Whole("graceSeconds", 0, 3600) ?? defaults.GraceSeconds,
            MaxChainAgeDays = section.Whole("maxChainAgeDays", 1, 3650) ?? defaults.MaxChainAgeDays,
            GracePeriodMinutes = section.Whole("gracePeriodMinutes", 1, 10_080) ?? defaults.GracePeriodMinutes,
        };
        section.End();
        return limits;
    }

    private static AddressConfig? Address(ConfigSection section)
    {
        var url = section.Exists ? section.NeededText("url") : section.Text("url");
        section.End();
        return url is null ? null : new() { Url = url };
    }

    private TlsConfig? Tls(ConfigSection section)
    {
        var exists = section.Exists || Variable("tls.certificate") is not null || Variable("tls.key") is not null;
        var tls = exists
            ? new TlsConfig { Certificate = Absolute(section.NeededText("certificate")), Key = Absolute(section.NeededText("key")) }
            : null;
        section.End();
        return tls;
    }

    private static Dictionary<string, IReadOnlyList<string>> Commands(ConfigSection section) =>
        section.Names.ToDictionary(name => name, name => section.Texts(name), StringComparer.Ordinal);

    private static Dictionary<string, string> DatabaseKeys(ConfigSection section) =>
        section.Names.ToDictionary(name => name, section.NeededText, StringComparer.Ordinal);

    /// <summary>A number as JSON and the environment write it.</summary>
    public static double? Parse(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
