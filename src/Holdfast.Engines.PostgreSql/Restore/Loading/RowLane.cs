using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>A connection that loads rows.</summary>
/// <param name="connection">The connection, owned by the lane.</param>
internal sealed class RowLane(NpgsqlConnection connection) : IAsyncDisposable
{
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(5);

    private TextWriter? _writer;
    private Task _sending = Task.CompletedTask;

    /// <summary>
    /// Begins to load rows if it has not begun yet. Settings changed by functions of the previous table are reset.
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

    /// <summary>
    /// Sends rows, in the encoding of the statement. The memory must not change until <see cref="WaitForSendAsync"/>
    /// has completed.
    /// </summary>
    public void Send(ReadOnlyMemory<byte> rows, CancellationToken cancellationToken) =>
        _sending = ((StreamWriter)_writer!).BaseStream.WriteAsync(rows, cancellationToken).AsTask();

    /// <summary>Waits until everything is sent.</summary>
    public Task WaitForSendAsync() => _sending;

    /// <summary>Ends the rows. Only now does the server report whether all rows were valid.</summary>
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
        // Rows that were not ended are aborted, which an unresponsive server would never confirm.
        await connection
            .DisposeAsync()
            .AsTask()
            .WaitAsync(EndWait, TimeProvider.System)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // another failure has been reported
    }
}
