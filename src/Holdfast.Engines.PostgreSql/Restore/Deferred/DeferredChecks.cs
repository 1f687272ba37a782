using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Lets a restore that goes on after errors load every row, whatever the functions of CHECK constraints, generated columns and partition
/// keys do: they run when all rows are there, as the role that restores and with nothing in their <c>search_path</c>, and where one fails
/// that is told. Only those that need a function of the database are put off.
/// </summary>
/// <param name="sessions">Opens sessions of the new database.</param>
internal sealed class DeferredChecks(LoadSessionFactory sessions) : IAsyncDisposable
{
    /// <summary>
    /// What <c>pg_depend</c> has where something needs a function or an operator that is not PostgreSQL's own. A condition that names it
    /// follows, and two brackets.
    /// </summary>
    public const string NeedsFunctionCondition =
        "EXISTS (SELECT 1 FROM pg_depend f WHERE f.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND (";

    private readonly List<string> _failed = [];
    private NpgsqlConnection? _connection;
    private DetachedPartitions? _partitions;
    private SuspendedChecks? _checks;
    private GeneratedColumns? _columns;
    private StagedRows? _staged;

    /// <summary>What failed, each with the server's words and the SQL that mends it, in the order in which that is run.</summary>
    public IReadOnlyList<string> Failures => _failed;

    /// <summary>Whether an error is about the object, so that a restore goes on without it. Else the server is full, or stops.</summary>
    public static bool IsObjectError(PostgresException e) =>
        e.SqlState.Length == 5 && e.SqlState[..2] is not ("08" or "53" or "57" or "58" or "XX");

    /// <summary>Tells one that failed.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="e">What the server said.</param>
    /// <param name="sql">The statement that mends it.</param>
    public static string FormatFailure(string what, PostgresException e, string sql) =>
        FailedObjectParser.Format(what, $"ERROR: {e.MessageText}", sql);

    /// <summary>Runs a statement that may run code of the database.</summary>
    /// <returns>Why the object could not be made; null where it could.</returns>
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

    /// <summary>Runs a statement, whatever code of the database has set before.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(LoadSessionFactory.PinSettingsSql, cancellationToken);
        await connection.ExecuteAsync(sql, cancellationToken);
    }

    /// <summary>Puts them off. All definitions are made, and no row is loaded.</summary>
    /// <param name="head">The dump's head.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task DeferAsync(DumpHeader head, CancellationToken cancellationToken)
    {
        _connection = await sessions.OpenAsync(cancellationToken);
        _partitions = new(_connection, head);
        _checks = new(_connection);
        _columns = new(_connection);
        _staged = new(_connection, _columns, _partitions);
        await _partitions.FindAsync(cancellationToken);
        await _columns.FindAsync(cancellationToken);
        await _partitions.DetachAsync(cancellationToken);
        await _checks.SuspendAsync(cancellationToken); // those of partitions are theirs now
    }

    /// <summary>The statement that loads the rows of a table into another for now; null where they are loaded right away.</summary>
    public Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken) => _staged!.StageAsync(table, cancellationToken);

    /// <summary>Computes and checks what was put off. The rows of all tables are loaded.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await _staged!.MoveAsync(cancellationToken);
        await _columns!.AlignPartitionsAsync(_partitions!.PartitionTrees, cancellationToken);
        await _checks!.ApplyAsync(_columns.ConvertedColumns, _partitions, cancellationToken);
        var apart = await _partitions.AttachAsync(cancellationToken);
        _failed.AddRange([.. _columns.GetFailures(_partitions), .. _checks.GetFailures(_partitions), .. apart]);
        await DisposeAsync();
    }

    /// <summary>Where rows were left that could not be moved: tables as SQL, by the number that the rows have in the dump.</summary>
    public IReadOnlyDictionary<int, string> UnmovedTables => _staged!.UnmovedTables;

    /// <summary>Numbers of objects of the dump that come with what is listed as failed.</summary>
    public IReadOnlySet<int> DeferredEntryIds => _partitions!.DeferredEntryIds;

    /// <summary>Tells the rows that could not be moved. All definitions are made.</summary>
    /// <param name="other">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IReadOnlyList<string>> DescribeUnmovedRowsAsync(NpgsqlConnection other, CancellationToken cancellationToken) =>
        _staged!.DescribeFailuresAsync(other, cancellationToken);

    /// <summary>Tells what was made, later than all rows were there, without some of them.</summary>
    /// <param name="other">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IReadOnlyList<string>> DescribeStaleViewsAsync(NpgsqlConnection other, CancellationToken cancellationToken) =>
        _partitions!.DescribeStaleViewsAsync(_staged!.IncompleteTables, other, cancellationToken);

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
