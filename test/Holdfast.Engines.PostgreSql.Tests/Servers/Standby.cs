namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>A streaming standby of the shared server, in its own folder.</summary>
public sealed class Standby : IAsyncDisposable
{
    private readonly Cluster _primary;
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-pg-").FullName;
    private Postmaster? _server;

    private Standby(Cluster primary) => _primary = primary;

    public int Port => _server!.Port;

    /// <summary>Copies the primary and follows it.</summary>
    /// <param name="primary">The primary.</param>
    /// <param name="settings">Settings of the standby.</param>
    public static async Task<Standby> StartAsync(Cluster primary, params string[] settings)
    {
        var standby = new Standby(primary);
        await Cluster.GiveToPostgresAsync(standby._folder);
        var pass = Path.Combine(standby._folder, "pgpass");
        File.Copy(primary.PassFile, pass);
        await Cluster.GiveToPostgresAsync(pass);
        File.SetUnixFileMode(pass, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Postmaster.RunAsync(
            "pg_basebackup",
            "-D",
            Path.Combine(standby._folder, "data"),
            "-R",
            "-c",
            "fast",
            "--no-sync",
            "-d",
            $"host=127.0.0.1 port={primary.Port} user={Cluster.Superuser} passfile={pass}"
        );
        standby._server = await Postmaster.StartAsync(
            standby._folder,
            Postmaster.FreePort(),
            primary.Binaries,
            ["hot_standby_feedback=off", "wal_retrieve_retry_interval=100ms", .. settings]
        );
        return standby;
    }

    /// <summary>Returns when it has replayed everything that the primary has written until now.</summary>
    public Task CatchUpAsync() => WaitForPositionAsync("pg_last_wal_replay_lsn()");

    /// <summary>Returns when it has received all of it, whether or not it can replay it.</summary>
    public Task ReceiveAsync() => WaitForPositionAsync("pg_last_wal_receive_lsn()");

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitForPositionAsync(string place)
    {
        var written = (await _primary.QueryAsync("postgres", "SELECT pg_current_wal_lsn()::text"))[0];
        await using var connection = await Cluster.OpenAtAsync(Port, "template1", Cluster.Superuser);
        await using var command = new Npgsql.NpgsqlCommand(
            $"DO $$ BEGIN WHILE {place} < '{written}'::pg_lsn LOOP PERFORM pg_sleep(0.01); END LOOP; END $$",
            connection
        );
        await command.ExecuteNonQueryAsync();
    }
}
