using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>One connection that rows are loaded over.</summary>
/// <param name="connection">The connection, which is the lane's from now on.</param>
internal sealed class RowLane(NpgsqlConnection connection) : IAsyncDisposable
{
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(5);

    private TextWriter? _writer;
    private Task _sending = Task.CompletedTask;

    /// <summary>
    /// Begins to load rows, where that was not begun yet. What functions of the table before have set does not count
    /// for this one.
    /// </summary>
    public async Task OpenAsync(string copy, CancellationToken cancellationToken)
    {
        if (_writer is not null)
        {
            return;
        }
        await connection.ExecuteAsync(LoadSessionFactory.PinSettingsSql, cancellationToken);
        _writer = await connection.BeginTextImportAsync(copy, cancellationToken);
    }

    /// <summary>Sends rows, in the encoding that the statement names. Nobody changes them until <see cref="WaitForSendAsync"/> is done.</summary>
    public void Send(ReadOnlyMemory<byte> rows, CancellationToken cancellationToken) =>
        _sending = ((StreamWriter)_writer!).BaseStream.WriteAsync(rows, cancellationToken).AsTask();

    /// <summary>Waits until all is sent.</summary>
    public Task WaitForSendAsync() => _sending;

    /// <summary>Ends the rows. Only now the server says whether all were right.</summary>
    public async Task CloseAsync()
    {
        await _sending;
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }
        _writer = null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Rows that were not ended are given up, which a server that does not answer would never confirm.
        await connection
            .DisposeAsync()
            .AsTask()
            .WaitAsync(EndWait, TimeProvider.System)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what else failed is told
    }
}
