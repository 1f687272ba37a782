using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Opens the image of a database with a connection. It asks for the lock every few milliseconds: SQLite's own busy timeout soon asks only ten times
/// a second, and then a writer that never rests, in rollback mode, keeps readers out for good.
/// </summary>
internal static class ConnectionOpening
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Opens it.</summary>
    /// <exception cref="HoldfastException">Locked, unreadable, or <see cref="ErrorCatalogue.KeyWrong"/>.</exception>
    public static async Task<(ConnectionImage Image, long HeldSince)> OpenAsync(string path, DatabaseKey? key, SqliteTuning tuning, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var connection = ConnectionImage.Connect(path, key);
        try
        {
            while (true)
            {
                var heldSince = time.GetTimestamp();
                try
                {
                    ConnectionImage.Begin(connection, key);
                    return (ConnectionImage.Hold(connection, key, time), heldSince);
                }
                catch (HoldfastException e) when (e.Error == ErrorCatalogue.SourceLocked && time.GetElapsedTime(start) < tuning.BusyTimeout)
                {
                    await Task.Delay(Pause, time, cancellationToken);
                }
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
