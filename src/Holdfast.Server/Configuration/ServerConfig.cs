namespace Holdfast.Server.Configuration;

/// <summary>
/// The contents of <c>holdfast.json</c>, with defaults applied and paths made absolute. Immutable; read by <see
/// cref="ServerConfigLoader"/>. The JSON schema is <c>eng/holdfast.schema.json</c>.
/// </summary>
public sealed record ServerConfig
{
    /// <summary>Tag of this node: 1 to 4 capital letters, unique in the cluster. Default: <c>A</c>.</summary>
    public string Node { get; init; } = "A";

    /// <summary>
    /// Where the server listens: <c>http</c> or <c>https</c>, an address and a port. Addresses other than loopback
    /// require <see cref="Tls"/>. Default: <c>http://127.0.0.1:8420</c>.
    /// </summary>
    public string Listen { get; init; } = "http://127.0.0.1:8420";

    /// <summary>Absolute folders. Local destinations, and paths that a restore reads, must be below one of them. Default: none.</summary>
    public IReadOnlyList<string> LocalRoots { get; init; } = [];

    /// <summary>The sources that this node backs up. Default: none.</summary>
    public IReadOnlyList<ConfiguredSource> Sources { get; init; } = [];

    /// <summary>Limits of concurrency, intervals and time-outs.</summary>
    public LimitsConfig Limits { get; init; } = new();

    /// <summary>Where bytes wait that a slow destination has not taken yet.</summary>
    public SpoolConfig Spool { get; init; } = new();

    /// <summary>Where alerts are sent; null for nowhere.</summary>
    public AddressConfig? Webhook { get; init; }

    /// <summary>
    /// An address that is called each time the scheduler runs, so that another system notices if it stops; null for
    /// none.
    /// </summary>
    public AddressConfig? Heartbeat { get; init; }

    /// <summary>Certificate and key; null for no TLS.</summary>
    public TlsConfig? Tls { get; init; }

    /// <summary>
    /// Commands by name, each a program and its arguments, that print a credential. Only this file can define them, so
    /// that nobody can run a program through the API. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Commands { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Names of the <see cref="Commands"/> that print keys of encrypted databases, by the id of a database or a glob
    /// over ids. A key that was set over the API takes precedence. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> DatabaseKeys { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Hosts for which remote destinations may use credentials of this machine: environment variables, profiles, roles. Whoever defines a
    /// destination would otherwise choose where they are sent. <c>*</c> for all. Default: none.
    /// </summary>
    public IReadOnlyList<string> MachineCredentialsFor { get; init; } = [];

    /// <summary>Deprecated settings that the configuration contains, as sentences. Logged at startup.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
