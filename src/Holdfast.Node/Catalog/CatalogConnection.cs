using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Holdfast.Node.Catalog;

/// <summary>
/// The SQLite connection of the catalog: schema, settings, transactions and prepared statements. Used by one thread at a time.
/// </summary>
internal sealed class CatalogConnection : IDisposable
{
    private const int SchemaVersion = 3;
    private const int ApplicationId = 0x48_46_43_54; // HFCT
    private const long MaxQuickCheckBytes = 32 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Ids and hashes are stored as bytes, because there can be millions of archives.
    private const string Schema = """
        CREATE TABLE chains (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, database TEXT NOT NULL, task TEXT NOT NULL);
        CREATE INDEX chains_of ON chains (database, task, path);
        CREATE TABLE archives (
          chain INTEGER NOT NULL, name TEXT NOT NULL, length INTEGER NOT NULL, id BLOB, chain_id BLOB,
          parent BLOB, sha256 BLOB, manifest BLOB,
          index_length INTEGER, index_sha256 BLOB, started INTEGER, PRIMARY KEY (chain, name)
        ) WITHOUT ROWID;
        CREATE INDEX archives_by_id ON archives (id) WHERE id IS NOT NULL;
        CREATE TABLE copies (
          chain INTEGER NOT NULL, name TEXT NOT NULL, destination TEXT NOT NULL, state INTEGER NOT NULL, verified INTEGER, since INTEGER,
          acknowledged INTEGER NOT NULL, code TEXT, message TEXT, hint TEXT, PRIMARY KEY (chain, name, destination)
        ) WITHOUT ROWID;
        CREATE INDEX troubles ON copies (chain) WHERE state > 0;
        """;

    // Version 2. was_damaged survives when a copy goes missing; length is set for an unrecorded copy if another copy has another
    // length. Copies at a destination whose name now means another root are kept under # and the identity of their root, until that
    // root is defined again.
    private const string SchemaUpgrade2 = """
        ALTER TABLE copies ADD COLUMN was_damaged INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE copies ADD COLUMN length INTEGER;
        CREATE TABLE places (name TEXT PRIMARY KEY, identity TEXT NOT NULL) WITHOUT ROWID
        """;

    // Version 3. What is known about the folders of databases at remote destinations; see CatalogFolders.
    private const string SchemaUpgrade3 = """
        CREATE TABLE known_folders (destination TEXT NOT NULL, database TEXT NOT NULL, version TEXT, PRIMARY KEY (destination, database))
          WITHOUT ROWID;
        CREATE TABLE publications (
          destination TEXT NOT NULL, database TEXT NOT NULL, task TEXT NOT NULL, PRIMARY KEY (destination, database, task)
        ) WITHOUT ROWID;
        CREATE TABLE seals (chain INTEGER PRIMARY KEY, content BLOB NOT NULL)
        """;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    static CatalogConnection() => raw.SetProvider(new SQLite3Provider_e_sqlite3());

    private CatalogConnection(string? path)
    {
        _connection = path is null
            ? new("Data Source=:memory:")
            : new(
                new SqliteConnectionStringBuilder
                {
                    DataSource = path,
                    Mode = SqliteOpenMode.ReadWrite,
                    Pooling = false,
                    DefaultTimeout = 10,
                }.ToString()
            );
    }

    /// <summary>Opens the file for writing, and creates it if it does not exist.</summary>
    /// <param name="path">The file; null for one in memory.</param>
    /// <exception cref="SqliteException">The file is not a catalog, is damaged, or cannot be used.</exception>
    public static CatalogConnection Open(string? path)
    {
        if (path is not null && !File.Exists(path))
        {
            // Created before SQLite opens it, so that it is never readable by other users.
            using var made = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            );
        }

        var file = new CatalogConnection(path);
        try
        {
            file.Prepare(path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a second connection that reads while the first one writes.</summary>
    public static CatalogConnection OpenToRead(string path)
    {
        var file = new CatalogConnection(path);
        file._connection.Open();
        file.Run("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cache_size = -2048");
        return file;
    }

    /// <summary>Begins a transaction.</summary>
    public void Begin() => Run("BEGIN IMMEDIATE");

    /// <summary>Commits the transaction; it is on disk when this returns.</summary>
    public void Commit() => Run("COMMIT");

    /// <summary>Rewrites a page with its present contents, to test whether the file is writable.</summary>
    public void ProbeWrite() => Run($"PRAGMA user_version = {SchemaVersion.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>Rolls back the transaction.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            Run("ROLLBACK");
        }
    }

    /// <summary>The first column of all rows.</summary>
    public List<string> QueryTexts(string sql, params ReadOnlySpan<(string, object?)> parameters)
    {
        var texts = new List<string>();
        using var reader = Command(sql, parameters).ExecuteReader();
        while (reader.Read())
        {
            texts.Add(reader.GetString(0));
        }
        return texts;
    }

    /// <summary>Executes a statement.</summary>
    /// <returns>The number of changed rows.</returns>
    public int Execute(string sql, params ReadOnlySpan<(string, object?)> parameters) => Command(sql, parameters).ExecuteNonQuery();

    /// <summary>The first column of the first row; null if there is no row.</summary>
    public object? QueryScalar(string sql, params ReadOnlySpan<(string, object?)> parameters) => Command(sql, parameters).ExecuteScalar();

    /// <summary>A prepared statement. Statements stay prepared: there are few, and some run ten thousand times a night.</summary>
    public SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, _) in parameters)
            {
                command.Parameters.AddWithValue(name, DBNull.Value);
            }
            _commands.Add(sql, command);
        }

        for (var i = 0; i < parameters.Length; i++)
        {
            command.Parameters[i].Value = parameters[i].Value ?? DBNull.Value;
        }
        return command;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }
        _connection.Dispose();
    }

    private void Prepare(string? path)
    {
        _connection.Open();
        Run("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
        var kind = QueryNumber("PRAGMA application_id");
        var isOther = kind != ApplicationId && (kind != 0 || QueryNumber("SELECT count(*) FROM sqlite_schema") > 0);
        var version = QueryNumber("PRAGMA user_version");
        if (isOther || version is < 0 or > SchemaVersion)
        {
            throw new SqliteException("It is not a catalog, or a newer version wrote it.", raw.SQLITE_NOTADB);
        }
        Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -4096");
        Begin();
        if (kind == 0)
        {
            Run($"{Schema}; PRAGMA application_id = {ApplicationId}");
        }
        if (version < 2)
        {
            Run(SchemaUpgrade2);
        }
        if (version < SchemaVersion)
        {
            Run($"{SchemaUpgrade3}; PRAGMA user_version = {SchemaVersion.ToString(CultureInfo.InvariantCulture)}");
        }
        Commit();
        if (path is not null && new FileInfo(path).Length <= MaxQuickCheckBytes && QueryScalar("PRAGMA quick_check(1)") as string != "ok")
        {
            throw new SqliteException("It is damaged.", raw.SQLITE_CORRUPT);
        }
    }

    private long QueryNumber(string sql) => (long)QueryScalar(sql)!;

    private void Run(string sql) => Command(sql).ExecuteNonQuery();
}
