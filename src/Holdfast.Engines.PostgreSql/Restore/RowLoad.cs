using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Loads the rows of tables, one table after the other, over a connection of its own: in pieces as large as they come, where <c>pg_restore</c> sends one
/// message for each row of a dump without compression.
/// </summary>
internal sealed class RowLoad : IAsyncDisposable
{
    // What pg_restore sets too, but for the first: what is written becomes lasting with the statement that gives the database its name.
    private const string Settings = "SET synchronous_commit = off; SET lock_timeout = 0; SET row_security = off; SET xmloption = content; SET check_function_bodies = off; SELECT pg_catalog.set_config('search_path', '', false)";
    private const string Ending = " FROM stdin;";

    private readonly NpgsqlConnection _connection;
    private readonly string _encoding;
    private readonly string _target;
    private TextWriter? _writer;
    private Stream? _rows;
    private TocEntry? _table;

    private RowLoad(NpgsqlConnection connection, string encoding, string target) => (_connection, _encoding, _target) = (connection, encoding, target);

    /// <summary>Makes one, which takes the connection over.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="head">The dump's head.</param>
    /// <param name="role">The role that the rows are loaded as; null for the one that connects.</param>
    /// <param name="target">The database, for errors.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<RowLoad> BeginAsync(NpgsqlConnection connection, DumpHead head, string? role, string target, CancellationToken cancellationToken)
    {
        try
        {
            var encoding = head.Entries.FirstOrDefault(e => e.Kind == TocEntry.Encoding)?.Definition?.Split('\'') is [_, var name, _] ? name : throw DumpFailure.Unknown("it does not tell its encoding");
            await connection.RunAsync(role is null ? Settings : $"{Settings}; SET ROLE {Sql.Name(role)}", cancellationToken);
            return new(connection, encoding, target);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins with the rows of a table.</summary>
    public async Task OpenAsync(TocEntry table, CancellationToken cancellationToken)
    {
        var copy = table.Copy?.TrimEnd();
        if (copy is null || !copy.StartsWith("COPY ", StringComparison.Ordinal) || !copy.EndsWith(Ending, StringComparison.Ordinal)) throw DumpFailure.Unknown($"it loads the rows of {table.Name} with '{copy}'");
        _table = table;
        await DoAsync(async () =>
        {
            _writer = await _connection.BeginTextImportAsync($"{copy[..^1]} WITH (ENCODING {Sql.Text(_encoding)})", cancellationToken);
            _rows = ((StreamWriter)_writer).BaseStream; // the text is in the dump's encoding already
        });
    }

    /// <summary>Loads rows of that table.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> rows, CancellationToken cancellationToken) => DoAsync(async () => await _rows!.WriteAsync(rows, cancellationToken));

    /// <summary>Ends them. Only now the server says whether all were right.</summary>
    public async Task CloseAsync()
    {
        await DoAsync(async () => await _writer!.DisposeAsync());
        _writer = null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync(); // rows that were not ended are given up

    private async Task DoAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (NpgsqlException e)
        {
            throw ServerFailure.Of(e, $"The rows of '{_table!.Schema}.{_table.Name}' in {_target}", ErrorCatalogue.NotAllowed);
        }
    }
}
