using System.Globalization;
using Holdfast.Core.Errors;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Connections;

/// <summary>
/// Monitors a dump or a restore while it waits for the server. If there is no progress, it asks the server over a new
/// connection what the sessions of this work do: as long as one of them works, there is no limit, because building an
/// index may take hours. It aborts the work if the server does not answer, if the server waits for us while we wait for
/// it (a network that dropped packets), or if a lock is not granted in time. It holds no lock; the work and the monitor
/// run concurrently and share only the two fields that are accessed with Volatile and Interlocked.
/// </summary>
/// <param name="config">The source.</param>
/// <param name="connector">Connects to the server.</param>
/// <param name="host">The server.</param>
/// <param name="work">Name of the work for errors: <c>backup</c> or <c>restore</c>.</param>
/// <param name="database">Name of the database for errors.</param>
internal sealed class SessionWatchdog(PostgreSqlSourceConfig config, Connector connector, PostgreSqlHost host, string work, string database)
{
    // The time of the last state change is useless: keepalives change it in idle sessions, too. Every role can see
    // application names and use the same one, so sessions of other roles are not part of this work.
    private const string SessionsQuery = """
        SELECT pid, wait_event_type, pg_catalog.concat_ws(' ', pid, query_start, xact_start),
               pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(pid), ', ')
        FROM pg_catalog.pg_stat_activity
        WHERE application_name OPERATOR(pg_catalog.=) $1
        AND usename::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($2)
        AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
        ORDER BY pid
        """;

    // Every role may terminate its own sessions without any privilege.
    private const string TerminateQuery = """
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE application_name OPERATOR(pg_catalog.=) $1
        AND usename OPERATOR(pg_catalog.=) current_user
        AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
        """;

    private static readonly TimeSpan MinPollInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxPollInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(30); // programs and connections end in less time

    private long _activityCount;
    private bool _isWaitingForArchive;

    /// <summary>The application_name of the sessions of this work.</summary>
    public string ApplicationName { get; } = $"holdfast {work} {Guid.NewGuid():n}"[..(10 + work.Length + 12)];

    /// <summary>Connector of a second role that has sessions of this work; null if there is none.</summary>
    public Connector? AdditionalConnector { get; init; }

    /// <summary>Whether the work was aborted: locks and sessions on the server may be lost.</summary>
    public bool HasAborted { get; private set; }

    /// <summary>
    /// Returns the processor time of the program that does the work, which may be busy without contacting the server.
    /// </summary>
    public Func<TimeSpan> ProcessorTime { get; set; } = () => TimeSpan.Zero;

    /// <summary>Whether the work waits for the archive to read or write bytes, and not for the server.</summary>
    public bool IsWaitingForArchive
    {
        set
        {
            Volatile.Write(ref _isWaitingForArchive, value);
            Interlocked.Increment(ref _activityCount);
        }
    }

    /// <summary>Runs the work under supervision.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.SourceSilent"/> or <see cref="ErrorCatalog.SourceLocked"/> if it was aborted.
    /// </exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workTask = action(stop.Token);
        var failure = await MonitorAsync(workTask, cancellationToken);
        if (failure is null && !workTask.IsCompleted)
        {
            await TerminateIfRunningAsync(workTask, cancellationToken);
        }
        if (failure is null)
        {
            return await workTask;
        }
        HasAborted = true;
        await stop.CancelAsync();
        if (failure!.Error == ErrorCatalog.SourceLocked)
        {
            await TerminateAsync(workTask);
        }
        try
        {
            return await workTask.WaitAsync(EndWait, TimeProvider.System, cancellationToken); // it may have completed just now
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw failure;
        }
    }

    /// <summary>Runs work without a result under supervision.</summary>
    /// <exception cref="HoldfastException">As for the other overload.</exception>
    public Task RunAsync(Func<CancellationToken, Task> action, CancellationToken cancellationToken) =>
        RunAsync(
            async token =>
            {
                await action(token);
                return true;
            },
            cancellationToken
        );

    // Null if the work has ended or was cancelled.
    private async Task<HoldfastException?> MonitorAsync(Task workTask, CancellationToken cancellationToken)
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
                await Task.WhenAny(workTask, Task.Delay(interval, TimeProvider.System, delay.Token));
                await delay.CancelAsync();
            }

            if (workTask.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                return null;
            }
            if (Volatile.Read(ref _isWaitingForArchive) || turns != Interlocked.Read(ref _activityCount))
            {
                (movedAt, lockedAt) = (TimeProvider.System.GetTimestamp(), null);
                continue;
            }

            var sessions = await QuerySessionsAsync(cancellationToken);
            if (workTask.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                return null;
            }
            isAnswered = sessions is not null;
            var now = sessions is null
                ? before
                : string.Join('\n', sessions.Select(s => s.State).Append($"{ProcessorTime().TotalSeconds:0.0}"));
            var isWaiting = sessions is null || sessions.All(s => s.WaitsFor == "Client"); // no sessions: the server has lost them
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

    // Work that does not stop is stopped by terminating its sessions: for example, while a function of the database
    // sleeps, rows are still being loaded.
    private async Task TerminateIfRunningAsync(Task workTask, CancellationToken cancellationToken)
    {
        if (await TerminateAsync(workTask))
        {
            return;
        }
        HasAborted = true;
        await WaitForEndAsync(workTask, EndWait);
        cancellationToken.ThrowIfCancellationRequested();
    }

    // True if it ended by itself.
    private async Task<bool> TerminateAsync(Task workTask)
    {
        if (await WaitForEndAsync(workTask, StopWait))
        {
            return true;
        }
        foreach (var role in AdditionalConnector is null ? [connector] : new[] { connector, AdditionalConnector })
        {
            await TerminateSessionsAsync(role);
        }
        return false;
    }

    private static async Task<bool> WaitForEndAsync(Task workTask, TimeSpan wait)
    {
        using var late = new CancellationTokenSource();
        await Task.WhenAny(workTask, Task.Delay(wait, TimeProvider.System, late.Token));
        await late.CancelAsync();
        return workTask.IsCompleted;
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
            // An unreachable server ends the sessions when it notices. The work has been stopped in any case.
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
                ErrorCatalog.SourceSilent,
                $"The {work} of '{database}' on {host} was aborted: for {Text(config.StallTimeout)} nothing was received from the "
                    + "server, and its sessions there are waiting or have ended.",
                "Packets are lost on the way to the server: a firewall dropped the connection, or the network "
                    + "was interrupted. Try again."
            )
            : new(
                ErrorCatalog.SourceSilent,
                $"The {work} of '{database}' was aborted: {host} has not answered for {Text(config.StallTimeout)}.",
                "Check that the server is running and not stopped, and check the network."
            );

    private HoldfastException Locked(Session session) =>
        new(
            ErrorCatalog.SourceLocked,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The {work} of '{database}' on {host} was aborted: its session {session.Process} waited for "
                    + $"{Text(config.LockWait)} for a lock that process {session.Blockers} holds or waits for."
            ),
            "Another session holds a lock for a long time: pg_stat_activity and pg_locks show which. "
                + "The usual cause is a transaction that was left open."
        );

    private static string Text(TimeSpan time) =>
        time.TotalSeconds < 120
            ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s")
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} minutes");

    private sealed record Session(int Process, string? WaitsFor, string State, string Blockers);
}
