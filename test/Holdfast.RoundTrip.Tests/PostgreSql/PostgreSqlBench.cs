using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.PostgreSql;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.Sources;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Npgsql;

namespace Holdfast.RoundTrip.Tests.PostgreSql;

/// <summary>
/// A database in one encoding and a destination on disk, with everything in between, composed as in the product.
/// </summary>
internal sealed class PostgreSqlBench : IAsyncDisposable
{
    // Names and rows as bytes: no client supports the names of every encoding. A restore refreshes materialized views.
    private const string SumsFunction = """
        CREATE FUNCTION pg_temp.sums() RETURNS SETOF text LANGUAGE plpgsql AS $$
        DECLARE r record; found text;
        BEGIN
            FOR r IN SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                     WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema)' LOOP
                EXECUTE format(
                    'SELECT concat(count(*), '' '', md5(string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C"))) FROM ONLY %I.%I t',
                    r.nspname, r.relname) INTO found;
                RETURN NEXT concat(encode(convert_to(r.nspname || '.' || r.relname, getdatabaseencoding()), 'hex'), ' ', found);
            END LOOP;
            RETURN QUERY SELECT concat('large object ', oid, ' ', md5(lo_get(oid))) FROM pg_largeobject_metadata;
            RETURN QUERY SELECT concat(encode(convert_to(schemaname || '.' || sequencename, getdatabaseencoding()), 'hex'), ' ', last_value)
            FROM pg_sequences;
        END $$
        """;

    private readonly string _archives = Directory.CreateTempSubdirectory("holdfast-archives-test-").FullName;
    private readonly string _temporary = Directory.CreateTempSubdirectory("holdfast-small-test-").FullName;
    private readonly AgeIdentity _node = AgeIdentity.Generate();
    private readonly PostgreSqlEngine _engine = new();
    private readonly Cluster _server;
    private readonly string _encoding;
    private readonly string _database;
    private readonly LocalDestination _destination;
    private readonly IDatabaseSource _source;

    private PostgreSqlBench(Cluster server, string encoding, string database)
    {
        (_server, _encoding, _database) = (server, encoding, database);
        _destination = LocalDestination.Open(_archives, create: false);
        _source = Attach(server);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates the database, with one of everything that its encoding supports.</summary>
    public static async Task<PostgreSqlBench> MakeAsync(Cluster server, int major, string encoding, string database)
    {
        await RolesAsync(server);
        await server.RunAsync(
            "postgres",
            $"CREATE DATABASE {database} OWNER {Cluster.User} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        );
        var bench = new PostgreSqlBench(server, encoding, database);
        var sql = InEncoding(encoding, await Sample.ReadAsync("everything.sql", major, Token));
        await bench.RunAsync($"{sql}; {await Sample.ReadAsync("superuser.sql", major, Token)}");
        return bench;
    }

    /// <summary>Creates the roles of the sample if they do not exist.</summary>
    public static async Task RolesAsync(Cluster server)
    {
        if ((await server.QueryAsync("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'a reader'")).Count == 0)
        {
            await server.RunAsync("postgres", "CREATE ROLE \"a reader\"; CREATE ROLE \"an owner\"");
        }
    }

    /// <summary>Runs an edit.</summary>
    public async Task RunAsync(string sql)
    {
        await using var connection = await OpenAsync(_server, _database);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>Backs up, and asserts that it is done as requested.</summary>
    public async Task<BackupOutcome> BackUpAsync(BackupKind kind)
    {
        DiscoveredDatabase? found = null;
        await foreach (var database in _source.DiscoverAsync(Token))
        {
            found = database.Name == _database ? database : found;
        }
        Assert.NotNull(found);
        var runner = new DatabaseBackup(
            _engine.Name,
            _source,
            [_destination],
            new()
            {
                Kind = kind,
                Type = BackupType.Backup,
                Node = "A",
                NodeKey = _node,
            },
            OutputResources.Create(),
            TimeProvider.System
        );
        var outcome = await runner.RunAsync(found, null, new(1), () => { }, Token);
        Assert.True(outcome.Error is null, $"{outcome.Error?.Message} {outcome.Error?.Hint}");
        Assert.True(outcome.Kind == kind && outcome.Warnings.Count == 0, $"{outcome.Kind}: {string.Join("; ", outcome.Warnings)}");
        return outcome;
    }

    /// <summary>Restores the point of an archive as a new database on a server.</summary>
    /// <returns>The warnings.</returns>
    public async Task<IReadOnlyList<string>> RestoreAsync(string archive, Cluster server, string name)
    {
        var (folder, file) = (Path.GetDirectoryName(archive)!, Path.GetFileName(archive));
        await using var destination = LocalDestination.Open(Path.Combine(_archives, folder), create: false);
        var path = await ResolvedLocation.ResolveAsync(destination, Path.GetFileName(folder), file, Token);
        var point = await RestorePointFinder.FindAsync(path, null, AgeKeys.None, Token);
        await using var reader = await RestorePointReader.OpenAsync(destination, point, AgeKeys.None, Token);
        await using var source = Attach(server);
        return (await DatabaseRestore.RunAsync(_engine.Name, source, name, reader, Token)).Warnings;
    }

    /// <summary>The current contents of the database, read by means other than those under test.</summary>
    public Task<PostgreSqlContents> ContentsAsync() => ContentsAsync(_server, _database);

    /// <summary>The contents of another database on the same server.</summary>
    public static async Task<PostgreSqlContents> ContentsAsync(Cluster server, string database)
    {
        var properties = await server.QueryAsync(
            "postgres",
            $"""
            SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit,
                   shobj_description(oid, 'pg_database'),
                   (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(datacl, acldefault('d', datdba))) a),
                   (SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = oid)
            FROM pg_database WHERE datname = '{database}'
            """
        );
        return new(InOrder(await Contents.DumpAsync(server, database)), await SumsAsync(server, database), Assert.Single(properties));
    }

    /// <summary>Checksums of all tables, large objects and sequences of a database, on a server of any version.</summary>
    public static async Task<IReadOnlyList<string>> SumsAsync(Cluster server, string database)
    {
        await using var connection = await OpenAsync(server, database);
        await using var make = new NpgsqlCommand(SumsFunction, connection);
        await make.ExecuteNonQueryAsync(Token);
        await using var ask = new NpgsqlCommand("SELECT pg_temp.sums()", connection);
        await using var reader = await ask.ExecuteReaderAsync(Token);
        var sums = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            sums.Add(reader.GetString(0));
        }
        sums.Sort(StringComparer.Ordinal);
        return sums;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _destination.DisposeAsync();
        await _server.RunAsync("postgres", $"DROP DATABASE {_database} WITH (FORCE)");
        Directory.Delete(_archives, true);
        Directory.Delete(_temporary, true);
    }

    // Its small files are kept apart from those that other tests search for.
    private IDatabaseSource Attach(Cluster server) =>
        _engine.Attach(server.Source(Cluster.Superuser) with { TemporaryFolder = _temporary });

    // Characters that the encoding does not have are replaced. ICU does not support SQL_ASCII.
    private static string InEncoding(string encoding, string sql)
    {
        (string Text, string By)[] replaced = encoding switch
        {
            "LATIN1" => [("🐘", "ß"), ("数据", "¿")],
            "EUC_JP" => [("🐘", "あ"), ("Übergröße 数据", "表 数"), ("\\u00e9", "")],
            "SQL_ASCII" => [("provider = icu, locale = 'de-DE'", "provider = libc, locale = 'C'"), ("\\u00e9", "")],
            _ => [],
        };
        foreach (var (text, by) in replaced)
        {
            sql = sql.Replace(text, by, StringComparison.Ordinal);
        }
        return encoding == "SQL_ASCII" ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(sql)) : sql;
    }

    // The physical order of rows is up to the server: when they are loaded, small rows fill the space that large ones
    // leave.
    private static string InOrder(string dump)
    {
        var lines = dump.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].EndsWith(" FROM stdin;", StringComparison.Ordinal))
            {
                continue;
            }
            var end = Array.IndexOf(lines, @"\.", i);
            Array.Sort(lines, i + 1, end - i - 1, StringComparer.Ordinal);
            i = end;
        }

        return string.Join('\n', lines);
    }

    // In SQL_ASCII each character here is one byte.
    private static async Task<NpgsqlConnection> OpenAsync(Cluster server, string database)
    {
        var isBytes = await server.QueryAsync("postgres", $"SELECT encoding = 0 FROM pg_database WHERE datname = '{database}'") is ["True"];
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = server.Port,
            Username = Cluster.Superuser,
            Password = Cluster.Password,
            Database = database,
            Pooling = false,
        };
        if (isBytes)
        {
            (text.ClientEncoding, text.Encoding) = ("SQL_ASCII", "iso-8859-1");
        }
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync(Token);
        return connection;
    }
}
