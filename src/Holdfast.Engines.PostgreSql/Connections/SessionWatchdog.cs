using System.Globalization;
using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>
/// Watches over a dump or a restore while it waits for the server. Where nothing moves, the server is asked over a new
/// connection what the sessions of this work
/// do: as long as one of them works, there is no limit, for an index may take hours. Where the server does not answer,
/// where it waits for us as we wait for it (a
/// network that lost what was sent, without a word), or where a lock is waited for too long, the work is given up.
/// </summary>
/// <param name="config">The source.</param>
/// <param name="connector">Connects to the server.</param>
/// <param name="host">The server.</param>
/// <param name="work">What is done, for errors: <c>backup</c> or <c>restore</c>.</param>
/// <param name="database">What it is done to, for errors.</param>
internal sealed class SessionWatchdog(PostgreSqlSourceConfig config, Connector connector, PostgreSqlHost host, string work, string database)
{
    // When a session's state changed says nothing: that of an idle one does so whenever it is kept alive. Any role sees
    // the names that applications give
    // themselves, and can take one: its sessions are none of this work.
    private const string SessionsQuery = """
        SELECT pid, wait_event_type, pg_catalog.concat_ws(' ', pid, query_start, xact_start), pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(pid), ', ')
        FROM pg_catalog.pg_stat_activity WHERE application_name OPERATOR(pg_catalog.=) $1 AND usename::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($2) AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() ORDER BY pid
        """;

    // Each role may end its own sessions, and needs no right for it.
    private const string TerminateQuery = """
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE application_name OPERATOR(pg_catalog.=) $1 AND usename OPERATOR(pg_catalog.=) current_user AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
        """;

    private static readonly TimeSpan MinPollInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxPollInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(30); // programs are ended within less, connections too

    private long _activityCount;
    private bool _isWaitingForArchive;

    /// <summary>By which name the server knows the sessions of this work.</summary>
    public string ApplicationName { get; } = $"holdfast {work} {Guid.NewGuid():n}"[..(10 + work.Length + 12)];

    /// <summary>Connects as another role that has sessions of this work; null where there is none.</summary>
    public Connector? AdditionalConnector { get; init; }

    /// <summary>Whether the work was given up: what is held at the server may be lost.</summary>
    public bool HasAborted { get; private set; }

    /// <summary>Gives the processor time of the program that works, which need not ask the server for long.</summary>
    public Func<TimeSpan> ProcessorTime { get; set; } = () => TimeSpan.Zero;

    /// <summary>Says whether the work waits for something else than the server: for the archive to take or give bytes.</summary>
    public bool IsWaitingForArchive
    {
        set
        {
            Volatile.Write(ref _isWaitingForArchive, value);
            Interlocked.Increment(ref _activityCount);
        }
    }

    /// <summary>Does the work, and watches.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.SourceSilent"/> or <see cref="ErrorCatalogue.SourceLocked"/> where it was given up.
    /// </exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = action(stop.Token);
        var failure = await MonitorAsync(working, cancellationToken);
        if (failure is null && !working.IsCompleted)
        {
            await TerminateIfRunningAsync(working, cancellationToken);
        }
        if (failure is null)
        {
            return await working;
        }
        HasAborted = true;
        await stop.CancelAsync();
        if (failure!.Error == ErrorCatalogue.SourceLocked)
        {
            await TerminateAsync(working);
        }
        try
        {
            return await working.WaitAsync(EndWait, TimeProvider.System, cancellationToken); // it may have ended well just now
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw failure;
        }
    }

    /// <summary>Does work without a result, and watches.</summary>
    /// <exception cref="HoldfastException">As with the other.</exception>
    public Task RunAsync(Func<CancellationToken, Task> action, CancellationToken cancellationToken) =>
        RunAsync(
            async token =>
            {
                await action(token);
                return true;
            },
            cancellationToken
        );

    // Null when the work has ended or was cancelled.
    private async Task<HoldfastException?> MonitorAsync(Task working, CancellationToken cancellationToken)
    {
        var interval = TimeSpan.FromTicks(
            Math.Clamp(Math.Min(config.StallTimeout.Ticks, config.LockWait.Ticks) / 4, MinPollInterval.Ticks, MaxPollInterval.Ticks)
        );
        var (movedAt, lockedAt) = (TimeProvider.System.GetTimestamp(), (long?)null);
        var (before, isAnswered) = ("", true);
        while (true)
        {
            var turns = Interlocked.Read(ref _activityCount);
            using (var delay = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                await Task.WhenAny(working, Task.Delay(interval, TimeProvider.System, delay.Token));
                await delay.CancelAsync();
            }

            if (working.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                return null;
            }
            if (Volatile.Read(ref _isWaitingForArchive) || turns != Interlocked.Read(ref _activityCount))
            {
                (movedAt, lockedAt) = (TimeProvider.System.GetTimestamp(), null);
                continue;
            }

            var sessions = await QuerySessionsAsync(cancellationToken);
            if (working.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                return null;
            }
            isAnswered = sessions is not null;
            var now = sessions is null
                ? before
                : string.Join('\n', sessions.Select(s => s.State).Append($"{ProcessorTime().TotalSeconds:0.0}"));
            var isWaiting = sessions is null || sessions.All(s => s.WaitsFor == "Client"); // none: it has lost them
            var locked = sessions?.Find(s => s.WaitsFor == "Lock");
            if (isWaiting && now == before)
            {
                if (TimeProvider.System.GetElapsedTime(movedAt) >= config.StallTimeout)
                {
                    return Silent(isAnswered);
                }
                continue;
            }

            movedAt = TimeProvider.System.GetTimestamp();
            lockedAt = locked is not null && now == before ? lockedAt ?? movedAt : null;
            before = now;
            if (lockedAt is { } since && TimeProvider.System.GetElapsedTime(since) >= config.LockWait)
            {
                return Locked(locked!);
            }
        }
    }

    // What does not end by itself ends with its sessions: rows are loaded as long as a function of the database sleeps over one of them.
    private async Task TerminateIfRunningAsync(Task working, CancellationToken cancellationToken)
    {
        if (await TerminateAsync(working))
        {
            return;
        }
        HasAborted = true;
        await WaitForEndAsync(working, EndWait);
        cancellationToken.ThrowIfCancellationRequested();
    }

    // Whether it ended by itself.
    private async Task<bool> TerminateAsync(Task working)
    {
        if (await WaitForEndAsync(working, StopWait))
        {
            return true;
        }
        foreach (var role in AdditionalConnector is null ? [connector] : new[] { connector, AdditionalConnector })
        {
            await TerminateSessionsAsync(role);
        }
        return false;
    }

    private static async Task<bool> WaitForEndAsync(Task working, TimeSpan wait)
    {
        using var late = new CancellationTokenSource();
        await Task.WhenAny(working, Task.Delay(wait, TimeProvider.System, late.Token));
        await late.CancelAsync();
        return working.IsCompleted;
    }

    private async Task TerminateSessionsAsync(Connector role)
    {
        using var limit = new CancellationTokenSource(2 * config.ConnectTimeout, TimeProvider.System);
        try
        {
            await using var connection = await role.ConnectAsync(host, config.MaintenanceDatabase, limit.Token);
            await connection.QueryAsync(TerminateQuery, r => r.GetBoolean(0), limit.Token, ApplicationName);
        }
        catch (Exception e) when (e is HoldfastException or NpgsqlException || limit.IsCancellationRequested)
        {
            // A server that cannot be reached ends them when it notices. The work was stopped, whatever becomes of them.
        }
    }

    private async Task<List<Session>?> QuerySessionsAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            limit.CancelAfter(2 * config.ConnectTimeout);
            await using var connection = await connector.ConnectAsync(host, config.MaintenanceDatabase, limit.Token);
            return await connection.QueryAsync(
                SessionsQuery,
                r => new Session(r.GetInt32(0), r.GetStringOrNull(1), r.GetString(2), r.GetString(3)),
                limit.Token,
                ApplicationName,
                (string[])[config.User, config.RestoreUser]
            );
        }
        catch (Exception e) when (e is HoldfastException or NpgsqlException || limit.IsCancellationRequested)
        {
            return null;
        }
    }

    private HoldfastException Silent(bool isAnswered) =>
        isAnswered
            ? new(
                ErrorCatalogue.SourceSilent,
                $"The {work} of '{database}' on {host} was given up: for {Text(config.StallTimeout)} nothing came from the "
                    + "server, and its sessions there wait or are gone.",
                "Something between here and the server drops what is sent: a firewall that forgets connections, or a network "
                    + "that was cut. Try again."
            )
            : new(
                ErrorCatalogue.SourceSilent,
                $"The {work} of '{database}' was given up: {host} has not answered for {Text(config.StallTimeout)}.",
                "Check that the server runs and is not stopped, and the network to it."
            );

    private HoldfastException Locked(Session session) =>
        new(
            ErrorCatalogue.SourceLocked,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The {work} of '{database}' on {host} was given up: its session {session.Process} waited for "
                    + $"{Text(config.LockWait)} for a lock that process {session.Blockers} holds or waits for."
            ),
            "Something holds a lock for long: pg_stat_activity and pg_locks show what. A transaction that was left open is the usual cause."
        );

    private static string Text(TimeSpan time) =>
        time.TotalSeconds < 120
            ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s")
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} minutes");

    private sealed record Session(int Process, string? WaitsFor, string State, string Blockers);
}
