using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>
/// Settings that apply in every session before its first statement, regardless of what the owner of a database or an
/// administrator has configured: the search path, the effective role, and the format of values. Otherwise the owner of
/// a database, who can set its <c>search_path</c>, could execute functions with the privileges of the role that backs
/// it up.
/// </summary>
internal static class SessionSettings
{
    /// <summary>Maximum time that a statement waits for a lock, in ms.</summary>
    private const string LockTimeout = "30000";

    private const int FirstWithIdleTimeout = 14,
        FirstWithTransactionTimeout = 17;

    // Timeouts configured for the role or database would end a long backup; server-wide limits that protect other users
    // stay in force.
    private static readonly (string Name, string Value)[] Settings =
    [
        ("search_path", "pg_catalog,pg_temp"),
        ("role", "none"),
        ("row_security", "off"),
        ("client_min_messages", "warning"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        // Makes the server release a session and its locks if this process disappears without closing it.
        ("tcp_keepalives_idle", "60"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "6"),
        ("tcp_user_timeout", "300000"),
        ("default_transaction_read_only", "off"),
        ("standard_conforming_strings", "on"),
        ("transform_null_equals", "off"),
        ("array_nulls", "on"),
        ("intervalstyle", "postgres"),
        ("quote_all_identifiers", "off"),
    ];

    /// <summary>
    /// The settings as startup options for our own sessions, which set by themselves what only newer servers know.
    /// </summary>
    public static string Options { get; } = ToOptionString([.. Settings, ("lock_timeout", LockTimeout)]);

    /// <summary>
    /// Returns the settings as startup options for PostgreSQL's programs, which choose their own lock timeout.
    /// </summary>
    /// <param name="major">Major version of the server: older servers reject a session with an unknown setting.</param>
    public static string GetToolOptions(int major) => ToOptionString([.. Settings, .. GetVersionSpecificSettings(major)]);

    /// <summary>
    /// Whether a pooler rejected the startup options: PgBouncer supports few. The settings then apply from the first
    /// statement on, before any other statement of ours.
    /// </summary>
    public static bool IsOptionsRefusal(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.ProtocolViolation && e.MessageText.Contains("startup parameter", StringComparison.Ordinal);

    /// <summary>
    /// Runs the first statement of a session: it repeats the settings, because a pooler may ignore startup options, and
    /// adds those that only newer servers know. It looks names up only in <c>pg_catalog</c>.
    /// </summary>
    /// <param name="connection">The session.</param>
    /// <param name="seconds">Timeout in seconds.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public static Task ApplyAsync(NpgsqlConnection connection, int seconds, CancellationToken cancellationToken)
    {
        IEnumerable<(string Name, string Value)> all =
        [
            .. Settings,
            ("lock_timeout", LockTimeout),
            .. GetVersionSpecificSettings(connection.PostgreSqlVersion.Major),
        ];
        return connection.ExecuteAsync(
            "SELECT " + string.Join(", ", all.Select(s => $"pg_catalog.set_config('{s.Name}', '{s.Value}', false)")),
            cancellationToken,
            seconds
        );
    }

    private static IEnumerable<(string Name, string Value)> GetVersionSpecificSettings(int major)
    {
        if (major >= FirstWithIdleTimeout)
        {
            yield return ("idle_session_timeout", "0");
        }
        if (major >= FirstWithTransactionTimeout)
        {
            yield return ("transaction_timeout", "0");
        }
    }

    private static string ToOptionString(IEnumerable<(string Name, string Value)> settings) =>
        string.Join(' ', settings.Select(s => $"-c {s.Name}={s.Value}"));
}
