namespace Holdfast.Server.Configuration;

/// <summary>
/// What <c>holdfast.json</c> says, with defaults filled in and paths absolute. Immutable;
/// <see cref="ServerConfigLoader"/> makes it. Its JSON schema is <c>eng/holdfast.schema.json</c>.
/// </summary>
public sealed record ServerConfig
{
    /// <summary>Tag of this node: 1 to 4 capitals, unique in the cluster. Default <c>A</c>.</summary>
    public string Node { get; init; } = "A";

    /// <summary>
    /// Where the server listens: <c>http</c> or <c>https</c>, an address and a port. Anything but loopback needs
    /// <see cref="Tls"/>. Default <c>http://127.0.0.1:8420</c>.
    /// </summary>
    public string Listen { get; init; } = "http://127.0.0.1:8420";

    /// <summary>Absolute folders. Local destinations, and paths that a restore reads, must lie under one of them. Default none.</summary>
    public IReadOnlyList<string> LocalRoots { get; init; } = [];

    /// <summary>What this node is attached to. Default nothing.</summary>
    public IReadOnlyList<ConfiguredSource> Sources { get; init; } = [];

    /// <summary>How much at once, how often, how long.</summary>
    public LimitsConfig Limits { get; init; } = new();

    /// <summary>Where alerts are sent; null for nowhere.</summary>
    public AddressConfig? Webhook { get; init; }

    /// <summary>Called at each turn of the scheduler, so that its silence is noticed elsewhere; null for nowhere.</summary>
    public AddressConfig? Heartbeat { get; init; }

    /// <summary>Certificate and key; null for none.</summary>
    public TlsConfig? Tls { get; init; }

    /// <summary>
    /// Named commands, program and arguments, that print a credential. Only this file may define them: what the API can
    /// set must never run anything. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Commands { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Which of <see cref="Commands"/> prints the key of encrypted databases, by the id of a database or a glob over
    /// ids. A key that is given over the API stands over it. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, string> DatabaseKeys { get; init; } = new Dictionary<string, string>();

    /// <summary>What is valid and should be changed, as an old name of a setting. Logged at the start.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
