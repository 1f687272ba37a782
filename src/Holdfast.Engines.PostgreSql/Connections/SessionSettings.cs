using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>
/// What holds in every session before its first statement, whatever the owner of a database or an administrator has set
/// for it: where names are looked up,
/// whose rights count, and how values are read. Else the owner of a database, who may set its <c>search_path</c>, would
/// run functions as whoever backs it up.
/// </summary>
internal static class SessionSettings
{
    /// <summary>The most time that a statement of ours waits for a lock.</summary>
    private const string LockTimeout = "30000";

    private const int FirstWithIdleTimeout = 14,
        FirstWithTransactionTimeout = 17;

    // A time-out that the role or database has for its users would end a long backup; the server's own limits on what others suffer stay.
    private static readonly (string Name, string Value)[] Settings =
    [
        ("search_path", "pg_catalog,pg_temp"),
        ("role", "none"),
        ("row_security", "off"),
        ("client_min_messages", "warning"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        // So that the server lets go of a session, and its locks, when we are gone without a word.
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
    /// The settings as the start-up packet takes them, for sessions of our own; they say themselves what only newer
    /// servers know.
    /// </summary>
    public static string Options { get; } = ToOptionString([.. Settings, ("lock_timeout", LockTimeout)]);

    /// <summary>
    /// The settings as the start-up packet takes them, for PostgreSQL's programs, which choose a time-out for locks by
    /// themselves.
    /// </summary>
    /// <param name="major">Major of the server: an older one lets nobody in who names what it does not know.</param>
    public static string GetToolOptions(int major) => ToOptionString([.. Settings, .. GetVersionSpecificSettings(major)]);

    /// <summary>
    /// Whether a pooler refused the settings in the start-up packet: PgBouncer knows few. They are then in force from
    /// the first statement on, before which none of ours runs.
    /// </summary>
    public static bool IsOptionsRefusal(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.ProtocolViolation && e.MessageText.Contains("startup parameter", StringComparison.Ordinal);

    /// <summary>
    /// Runs the first statement of a session: the settings once more, for a pooler may pass over those of the start-up
    /// packet, and those that only newer servers know.
    /// It looks no name up but in <c>pg_catalog</c>.
    /// </summary>
    /// <param name="connection">The session.</param>
    /// <param name="seconds">How long the answer may take.</param>
    /// <param name="cancellationToken">Stops it.</param>
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
