using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Core.Settings;

namespace Holdfast.Server.Configuration;

/// <summary>
/// Reads the configuration from JSON and environment variables. <c>docs/decisions/0012-own-configuration-reader.md</c>
/// explains why this does not use <c>Microsoft.Extensions.Configuration</c>.
/// </summary>
internal sealed class ConfigReader
{
    private const string Prefix = "HOLDFAST_";

    // Values of the environment variables that begin with the prefix, by name.
    private readonly Dictionary<string, string> _variables = [];
    private readonly HashSet<string> _used = [];
    private readonly SettingsContext _context;
    private readonly SourceReader _sources;

    public ConfigReader(string folder, IReadOnlyDictionary<string, string> environment, SourceReader sources)
    {
        _sources = sources;
        foreach (var (name, value) in environment.Where(v => v.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            _variables[name] = value;
        }
        _context = new(folder, key => FindVariable(key) is { } value ? (ToVariableName(key), value) : null);
    }

    /// <summary>All errors found, each beginning with its key.</summary>
    public IReadOnlyList<string> Errors => [.. _context.Errors.Select(f => $"{f.Field}: {Sentence.Join(f.Message, f.Hint)}")];

    public void Report(string key, string error) => _context.Report(key, error);

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
            Sources = [.. section.GetSections("sources").Select(_sources.Read).OfType<ConfiguredSource>()],
            Limits = ReadLimits(section.GetSection("limits")),
            Spool = ReadSpool(section.GetSection("spool")),
            Webhook = ReadAddress(section.GetSection("webhook")),
            Heartbeat = ReadAddress(section.GetSection("heartbeat")),
            Tls = ReadTls(section.GetSection("tls")),
            Commands = ReadCommands(section.GetSection("commands")),
            DatabaseKeys = ReadDatabaseKeys(section.GetSection("databaseKeys")),
            MachineCredentialsFor = section.GetStrings("machineCredentialsFor"),
        };
        section.ReportUnknownKeys("$schema"); // tells editors where the schema is
        foreach (
            var name in _variables
                .Keys.Where(n => n.Contains("__", StringComparison.Ordinal) && !_used.Contains(n))
                .Order(StringComparer.Ordinal)
        )
        {
            Report(name, "is not a setting that can be set in the environment.");
        }
        return config with { Warnings = _context.Warnings };
    }

    /// <summary>
    /// The value of the environment variable for a key, if it is set: for <c>limits.graceSeconds</c>,
    /// <c>HOLDFAST_LIMITS__GRACE_SECONDS</c>.
    /// </summary>
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

    private static LimitsConfig ReadLimits(SettingsSection section)
    {
        var defaults = new LimitsConfig();
        var limits = new LimitsConfig
        {
            LargeDatabaseConcurrency = section.GetRenamedInteger("largeDatabaseConcurrency", "slots", 1, 256)
                ?? defaults.LargeDatabaseConcurrency,
            SmallDatabaseConcurrency = section.GetRenamedInteger("smallDatabaseConcurrency", "smallLane", 1, 1024)
                ?? defaults.SmallDatabaseConcurrency,
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

    private static SpoolConfig ReadSpool(SettingsSection section)
    {
        var spool = new SpoolConfig
        {
            Folder = section.GetPath("folder"),
            MaxBytes = (long?)section.GetNumber("maxBytes", 0, 1L << 50, whole: true),
        };
        section.ReportUnknownKeys();
        return spool;
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
