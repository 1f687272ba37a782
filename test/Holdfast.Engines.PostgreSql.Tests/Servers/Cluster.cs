using System.Diagnostics;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>The server shared by all tests, with a superuser and a role that may create databases.</summary>
public sealed class Cluster : IAsyncLifetime
{
    public const string Superuser = "postgres",
        User = "holdfast",
        Restorer = "holdfast_restore",
        Password = "pass:w\\ord 'x'";

    private Postmaster? _server;

    /// <summary>Folder of the server's programs.</summary>
    public string Binaries { get; init; } = Postmaster.Binaries;

    /// <summary>Locale of its messages, which is generated; null for English.</summary>
    public string? Language { get; init; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("holdfast-pg-").FullName;

    public int Port => Server.Port;

    /// <summary>A file with the password, for programs that tests run.</summary>
    public string PassFile { get; private set; } = "";

    public Postmaster Server => _server ?? throw new InvalidOperationException("not started");

    public async ValueTask InitializeAsync()
    {
        await GiveToPostgresAsync(Folder);
        var password = Path.Combine(Folder, "password");
        await File.WriteAllTextAsync(password, Password);
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await Postmaster.RunAsync(
            Path.Combine(Binaries, "initdb"),
            "-D",
            Path.Combine(Folder, "data"),
            "-U",
            Superuser,
            "--pwfile",
            password,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync"
        );
        PassFile = Path.Combine(Folder, "pgpass");
        await File.WriteAllTextAsync(
            PassFile,
            $"*:*:*:*:{Password.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(":", @"\:", StringComparison.Ordinal)}\n"
        );
        File.SetUnixFileMode(PassFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Language is not null)
        {
            var locales = Directory.CreateDirectory(Path.Combine(Folder, Postmaster.Locales)).FullName;
            await GiveToPostgresAsync(locales);
            await Postmaster.RunAsync("/usr/bin/localedef", "-i", Language.Split('.')[0], "-f", "UTF-8", Path.Combine(locales, Language));
        }

        _server = await Postmaster.StartAsync(Folder, Postmaster.FreePort(), Binaries, Language is null ? [] : [$"lc_messages={Language}"]);
        // A template is not backed up, so a new source is empty, as the contract requires.
        await RunAsync("postgres", "ALTER DATABASE postgres IS_TEMPLATE true");
        var quoted = Password.Replace("'", "''", StringComparison.Ordinal).Replace("\\", @"\", StringComparison.Ordinal);
        await RunAsync(
            "postgres",
            $"CREATE ROLE {User} LOGIN CREATEDB PASSWORD '{quoted}'; CREATE ROLE {Restorer} LOGIN PASSWORD '{quoted}'; CREATE "
                + $"ROLE {Restorer}_owner; GRANT {Restorer}, {Restorer}_owner TO {User}"
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Starts the server again after it was stopped.</summary>
    public async Task StartAgainAsync()
    {
        await Server.DisposeAsync();
        _server = await Postmaster.StartAsync(Folder, Port, Binaries);
    }

    /// <summary>Gives a folder to the user that runs the server.</summary>
    public static async Task GiveToPostgresAsync(string folder)
    {
        File.SetUnixFileMode(
            folder,
            UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead
                | UnixFileMode.OtherExecute
        );
        if (Environment.UserName != "root")
        {
            return;
        }
        using var chown = Process.Start("chown", ["postgres", folder]);
        await chown.WaitForExitAsync();
    }

    /// <summary>The source for tests, with the role that is not a superuser.</summary>
    public PostgreSqlSourceConfig Source(string user = User) =>
        new()
        {
            Hosts = [new("127.0.0.1", Port)],
            User = user,
            Password = _ => new(Password),
            Restore = new() { AllowPrivilegedRole = user == Superuser, KeepOwners = user == Superuser },
        };

    public Task<NpgsqlConnection> OpenAsync(string database, string user = Superuser, string? options = null) =>
        OpenAtAsync(Port, database, user, options);

    public static async Task<NpgsqlConnection> OpenAtAsync(int port, string database, string user, string? options = null)
    {
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = user,
            Password = Password,
            Database = database,
            Pooling = false,
            Options = options,
        };
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Waits until a query returns rows.</summary>
    public Task UntilAsync(string query) =>
        RunAsync(
            "postgres",
            $"DO $$ BEGIN FOR i IN 1..6000 LOOP PERFORM pg_stat_clear_snapshot(); IF EXISTS ({query}) THEN RETURN; END IF; "
                + "PERFORM pg_sleep(0.01); END LOOP; RAISE 'it never came'; END $$"
        );

    public async Task RunAsync(string database, string sql, string user = Superuser)
    {
        await using var connection = await OpenAsync(database, user);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    // Options are session settings: a database with another search_path must not affect the test's own queries.
    public async Task<IReadOnlyList<string>> QueryAsync(string database, string sql, string user = Superuser, string? options = null)
    {
        await using var connection = await OpenAsync(database, user, options);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(
                string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "∅" : $"{reader.GetValue(i)}"))
            );
        }
        return rows;
    }

    public Task CreateAsync(string name, string owner = User) =>
        RunAsync("postgres", $"CREATE DATABASE {Quote(name)} OWNER {owner} TEMPLATE template0");

    /// <summary>Drops all databases except the initial ones.</summary>
    public async Task ClearAsync()
    {
        foreach (var name in await QueryAsync("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate"))
        {
            await RunAsync("postgres", $"DROP DATABASE {Quote(name)} WITH (FORCE)");
        }
    }

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
