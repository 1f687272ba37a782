using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Lets a restore that goes on after errors load every row, whatever the functions of CHECK constraints, generated columns and partition
/// keys do: they run when all rows are there, as the role that restores and with nothing in their <c>search_path</c>, and where one fails
/// that is told. Only those that need a function of the database are put off.
/// </summary>
/// <param name="sessions">Opens sessions of the new database.</param>
internal sealed class LateChecks(LoadSessions sessions) : IAsyncDisposable
{
    /// <summary>
    /// What <c>pg_depend</c> has where something needs a function or an operator that is not PostgreSQL's own. A condition that names it
    /// follows, and two brackets.
    /// </summary>
    public const string NeedsFunction =
        "EXISTS (SELECT 1 FROM pg_depend f WHERE f.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND (";

    private readonly List<string> _failed = [];
    private NpgsqlConnection? _connection;
    private DetachedPartitions? _partitions;
    private SuspendedChecks? _checks;
    private GeneratedColumns? _columns;
    private StagedRows? _staged;

    /// <summary>What failed, each with the server's words and the SQL that mends it, in the order in which that is run.</summary>
    public IReadOnlyList<string> Failed => _failed;

    /// <summary>Whether an error is about the object, so that a restore goes on without it. Else the server is full, or stops.</summary>
    public static bool IsOfObject(PostgresException e) =>
        e.SqlState.Length == 5 && e.SqlState[..2] is not ("08" or "53" or "57" or "58" or "XX");

    /// <summary>Tells one that failed.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="e">What the server said.</param>
    /// <param name="sql">The statement that mends it.</param>
    public static string Tell(string what, PostgresException e, string sql) => FailedObjects.Tell(what, $"ERROR: {e.MessageText}", sql);

    /// <summary>Runs a statement that may run code of the database.</summary>
    /// <returns>Why the object could not be made; null where it could.</returns>
    public static async Task<PostgresException?> TryAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(connection, sql, cancellationToken);
            return null;
        }
        catch (PostgresException e) when (IsOfObject(e))
        {
            return e;
        }
    }

    /// <summary>Runs a statement, whatever code of the database has set before.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await connection.RunAsync(LoadSessions.Pin, cancellationToken);
        await connection.RunAsync(sql, cancellationToken);
    }

    /// <summary>Puts them off. All definitions are made, and no row is loaded.</summary>
    /// <param name="head">The dump's head.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task BeginAsync(DumpHead head, CancellationToken cancellationToken)
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
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await _staged!.MoveAsync(cancellationToken);
        await _columns!.AlignAsync(_partitions!.Trees, cancellationToken);
        await _checks!.ApplyAsync(_columns.Ordinary, _partitions, cancellationToken);
        var apart = await _partitions.AttachAsync(cancellationToken);
        _failed.AddRange([.. _columns.Failed(_partitions), .. _checks.Failed(_partitions), .. apart]);
        await DisposeAsync();
    }

    /// <summary>Where rows were left that could not be moved: tables as SQL, by the number that the rows have in the dump.</summary>
    public IReadOnlyDictionary<int, string> Kept => _staged!.Kept;

    /// <summary>Numbers of objects of the dump that come with what is listed as failed.</summary>
    public IReadOnlySet<int> ComesLater => _partitions!.ComesLater;

    /// <summary>Tells the rows that could not be moved. All definitions are made.</summary>
    /// <param name="other">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IReadOnlyList<string>> KeptRowsAsync(NpgsqlConnection other, CancellationToken cancellationToken) =>
        _staged!.FailedAsync(other, cancellationToken);

    /// <summary>Tells what was made, later than all rows were there, without some of them.</summary>
    /// <param name="other">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IReadOnlyList<string>> OutdatedAsync(NpgsqlConnection other, CancellationToken cancellationToken) =>
        _partitions!.OutdatedAsync(_staged!.Incomplete, other, cancellationToken);

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
