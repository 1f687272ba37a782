using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Lets a restore that continues on errors load every row, whatever the functions in CHECK constraints, generated
/// columns and partition keys do: they are evaluated after all rows are loaded, by the restore role and with an empty
/// <c>search_path</c>, and failures are reported. Only those that depend on a function of the database are deferred.
/// </summary>
/// <param name="sessions">Opens sessions of the new database.</param>
internal sealed class DeferredChecks(LoadSessionFactory sessions) : IAsyncDisposable
{
    /// <summary>
    /// Matches entries of <c>pg_depend</c> for dependencies on user-defined functions or operators. Must be followed by
    /// a condition and two closing brackets.
    /// </summary>
    public const string NeedsFunctionCondition =
        "EXISTS (SELECT 1 FROM pg_depend f WHERE f.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND (";

    private readonly List<string> _failed = [];
    private NpgsqlConnection? _connection;
    private DetachedPartitions? _partitions;
    private SuspendedChecks? _checks;
    private GeneratedColumns? _columns;
    private StagedRows? _staged;

    /// <summary>
    /// The failures, each with the server's message and the SQL that repairs it, in the order in which to execute it.
    /// </summary>
    public IReadOnlyList<string> Failures => _failed;

    /// <summary>
    /// Whether an error concerns the object, so that the restore continues without it; otherwise the server is full or
    /// shutting down.
    /// </summary>
    public static bool IsObjectError(PostgresException e) =>
        e.SqlState.Length == 5 && e.SqlState[..2] is not ("08" or "53" or "57" or "58" or "XX");

    /// <summary>Formats a failure.</summary>
    /// <param name="description">The object.</param>
    /// <param name="e">The server's error.</param>
    /// <param name="sql">The statement that repairs it.</param>
    public static string FormatFailure(string description, PostgresException e, string sql) =>
        FailedObjectParser.Format(description, $"ERROR: {e.MessageText}", sql);

    /// <summary>Executes a statement that may execute code of the database.</summary>
    /// <returns>The error of the object; null on success.</returns>
    public static async Task<PostgresException?> TryExecuteAsync(
        NpgsqlConnection connection,
        string sql,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await ExecuteAsync(connection, sql, cancellationToken);
            return null;
        }
        catch (PostgresException e) when (IsObjectError(e))
        {
            return e;
        }
    }

    /// <summary>Executes a statement, whatever settings code of the database has changed before.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(LoadSessionFactory.PinSettingsSql, cancellationToken);
        await connection.ExecuteAsync(sql, cancellationToken);
    }

    /// <summary>Defers the checks. Called after all definitions are created, and before any row is loaded.</summary>
    /// <param name="header">The header of the dump.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task DeferAsync(DumpHeader header, CancellationToken cancellationToken)
    {
        _connection = await sessions.OpenAsync(cancellationToken);
        _partitions = new(_connection, header);
        _checks = new(_connection);
        _columns = new(_connection);
        _staged = new(_connection, _columns, _partitions);
        await _partitions.FindAsync(cancellationToken);
        await _columns.FindAsync(cancellationToken);
        await _partitions.DetachAsync(cancellationToken);
        await _checks.SuspendAsync(cancellationToken); // by now, the checks of partitions are their own
    }

    /// <summary>
    /// Returns the statement that loads the rows of a table into a staging table; null if they are loaded directly.
    /// </summary>
    public Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken) => _staged!.StageAsync(table, cancellationToken);

    /// <summary>Runs the deferred checks. Called after the rows of all tables are loaded.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await _staged!.MoveAsync(cancellationToken);
        await _columns!.AlignPartitionsAsync(_partitions!.PartitionTrees, cancellationToken);
        await _checks!.ApplyAsync(_columns.ConvertedColumns, _partitions, cancellationToken);
        var detached = await _partitions.AttachAsync(cancellationToken);
        _failed.AddRange([.. _columns.GetFailures(_partitions), .. _checks.GetFailures(_partitions), .. detached]);
        await DisposeAsync();
    }

    /// <summary>Staging tables whose rows could not be moved, as SQL, by the rows' id in the dump.</summary>
    public IReadOnlyDictionary<int, string> UnmovedTables => _staged!.UnmovedTables;

    /// <summary>Ids of dump objects that the statements of the listed failures create as well.</summary>
    public IReadOnlySet<int> DeferredEntryIds => _partitions!.DeferredEntryIds;

    /// <summary>Describes the rows that could not be moved. Called after all definitions are created.</summary>
    /// <param name="cleanSession">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public Task<IReadOnlyList<string>> DescribeUnmovedRowsAsync(NpgsqlConnection cleanSession, CancellationToken cancellationToken) =>
        _staged!.DescribeFailuresAsync(cleanSession, cancellationToken);

    /// <summary>Describes the materialized views that were populated without some of their rows.</summary>
    /// <param name="cleanSession">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public Task<IReadOnlyList<string>> DescribeStaleViewsAsync(NpgsqlConnection cleanSession, CancellationToken cancellationToken) =>
        _partitions!.DescribeStaleViewsAsync(_staged!.IncompleteTables, cleanSession, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
        _connection = null;
    }
}
