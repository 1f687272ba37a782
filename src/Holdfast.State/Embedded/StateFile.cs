using System.Text;
using Holdfast.Core.Errors;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Holdfast.State.Embedded;

/// <summary>The SQLite file of the state, and all SQL. Not thread-safe: the store's gate serializes all calls.</summary>
internal sealed class StateFile : IDisposable
{
    private const int SchemaVersion = 1;
    private const int ApplicationId = 0x48_46_53_54; // HFST
    private const long SmallBytes = 32 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // A rowid table with an index, not WITHOUT ROWID: values of several KB would turn that index into lists of overflow pages.
    private const string Schema = """
        CREATE TABLE entries (
          key BLOB NOT NULL UNIQUE,
          value BLOB NOT NULL,
          created INTEGER NOT NULL,
          modified INTEGER NOT NULL,
          lease INTEGER NOT NULL
        );
        CREATE INDEX leased ON entries (lease) WHERE lease <> 0;
        CREATE TABLE state (revision INTEGER NOT NULL);
        INSERT INTO state VALUES (1);
        """;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _get;
    private readonly SqliteCommand _modified;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _deleteLeased;
    private readonly SqliteCommand _setRevision;
    private FileStatus? _opened;
    private FileStatus? _openedLog;

    static StateFile() => raw.SetProvider(new SQLite3Provider_e_sqlite3());

    private StateFile(string path)
    {
        Path = path;
        // No connection pool, because it would keep the file locked. A previous process that is just ending gets a second.
        _connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = 1,
            }.ToString()
        );
        _get = Command("SELECT key, value, created, modified FROM entries WHERE key = $key", "$key");
        _modified = Command("SELECT modified FROM entries WHERE key = $key", "$key");
        _put = Command(
            """
            INSERT INTO entries VALUES ($key, $value, $revision, $revision, $lease)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, modified = excluded.modified, lease = excluded.lease
            RETURNING created
            """,
            "$key",
            "$value",
            "$revision",
            "$lease"
        );
        _delete = Command("DELETE FROM entries WHERE key = $key", "$key");
        _deleteLeased = Command("DELETE FROM entries WHERE lease = $lease AND lease <> 0 RETURNING key", "$lease");
        _setRevision = Command("UPDATE state SET revision = $revision", "$revision");
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its write-ahead log, with everything committed since the last checkpoint.</summary>
    private string LogPath => Path + "-wal";

    /// <summary>
    /// Opens the file, or creates it if no state existed before. Entries with a lease are deleted: their holders ended with the previous
    /// process.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="traces">
    /// Files next to it that only a server with a state leaves. If any exists, an empty or missing file is a loss, and no new state is
    /// created.
    /// </param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/>, <see cref="ErrorCatalog.StateFull"/>
    /// </exception>
    public static StateFile Open(string path, IReadOnlyList<string> traces)
    {
        path = System.IO.Path.GetFullPath(path);
        StateFile? file = null;
        try
        {
            var expected = StateMarker.Read(path);
            if (expected is not null)
            {
                traces = [StateMarker.PathOf(path), .. traces];
            }
            // Before SQLite opens it: SQLite deletes the log of an empty file, which may be all that is left.
            var size = new FileInfo(path) is { Exists: true } found ? found.Length : -1;
            if (size <= 0 && traces.Count > 0)
            {
                throw StateFailure.OfMissing(path, size < 0 ? "is missing" : "is empty", traces);
            }
            CreateFile(path);
            file = new(path);
            file.Prepare(traces);
            file.Identify(expected);
            (file._opened, file._openedLog) = (FileStatus.Of(path), FileStatus.Of(file.LogPath));
            return file;
        }
        catch (Exception e)
        {
            file?.Dispose();
            throw StateFailure.Of(e, path);
        }
    }

    /// <summary>
    /// Checks that commits go to a file that is still reachable by its name: neither it nor its log was removed or replaced since it was
    /// opened.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public void CheckNotReplaced()
    {
        if (FileStatus.Of(Path) != _opened)
        {
            throw StateFailure.OfRemoved(Path);
        }
        if (FileStatus.Of(LogPath) != _openedLog)
        {
            throw StateFailure.OfRemoved(LogPath);
        }
    }

    /// <summary>Checkpoints the log into the file and flushes it.</summary>
    public void Checkpoint() => Run("PRAGMA wal_checkpoint(PASSIVE)");

    /// <summary>
    /// Writes a consistent copy of the state to a new file that needs no log. The copy and its marker are on disk when this returns.
    /// </summary>
    /// <param name="path">A file that does not exist, in an existing folder.</param>
    public void CopyTo(string path)
    {
        using (
            new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            )
        )
        {
            // Created before SQLite writes to it, so that others can never read it.
        }

        using (var command = _connection.CreateCommand())
        {
            command.CommandText = "VACUUM INTO $path";
            command.Parameters.AddWithValue("$path", path);
            command.ExecuteNonQuery();
        }

        using (
            var copy = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.Open,
                    Access = FileAccess.Write,
                    BufferSize = 0,
                }
            )
        )
        {
            copy.Flush(flushToDisk: true);
        }
        StateMarker.Write(path, Text("SELECT id FROM identity"));
    }

    /// <summary>Reads the stored revision.</summary>
    public long ReadRevision() => Number("SELECT revision FROM state");

    /// <summary>Stores the revision.</summary>
    public void SetRevision(long revision)
    {
        _setRevision.Parameters[0].Value = revision;
        _setRevision.ExecuteNonQuery();
    }

    /// <summary>Reads an entry; null if there is none.</summary>
    public StateEntry? Get(string key)
    {
        _get.Parameters[0].Value = StateLimits.Bytes(key);
        using var reader = _get.ExecuteReader();
        return reader.Read() ? Entry(reader) : null;
    }

    /// <summary>Reads the entries whose keys start with <paramref name="prefix"/>, in byte order.</summary>
    public List<StateEntry> Range(string prefix)
    {
        var from = StateLimits.Bytes(prefix);
        using var command = _connection.CreateCommand();
        command.CommandText =
            "SELECT key, value, created, modified FROM entries WHERE key >= $from"
            + (from.Length == 0 ? "" : " AND key < $to")
            + " ORDER BY key";
        command.Parameters.AddWithValue("$from", from);
        if (from.Length > 0)
        {
            var to = (byte[])from.Clone();
            to[^1]++; // UTF-8 has no byte 0xFF
            command.Parameters.AddWithValue("$to", to);
        }

        using var reader = command.ExecuteReader();
        var entries = new List<StateEntry>();
        while (reader.Read())
        {
            entries.Add(Entry(reader));
        }
        return entries;
    }

    /// <summary>Returns the revision of the last change of a key; 0 if it does not exist.</summary>
    public long ModRevision(string key)
    {
        _modified.Parameters[0].Value = StateLimits.Bytes(key);
        return _modified.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Puts a value and returns the new entry.</summary>
    public StateEntry Put(StateChange change, long revision)
    {
        var value = change.Value!.Value.ToArray(); // watchers may read it after the caller has reused its buffer
        _put.Parameters[0].Value = StateLimits.Bytes(change.Key);
        _put.Parameters[1].Value = value;
        _put.Parameters[2].Value = revision;
        _put.Parameters[3].Value = change.Lease;
        var created = (long)_put.ExecuteScalar()!;
        _put.Parameters[1].Value = DBNull.Value; // releases the value
        return new(change.Key, value, created, revision);
    }

    /// <summary>Deletes a key.</summary>
    /// <returns>False if it did not exist.</returns>
    public bool Delete(string key)
    {
        _delete.Parameters[0].Value = StateLimits.Bytes(key);
        return _delete.ExecuteNonQuery() > 0;
    }

    /// <summary>Deletes the entries of a lease and returns their keys.</summary>
    public List<string> DeleteLeased(long lease)
    {
        _deleteLeased.Parameters[0].Value = lease;
        using var reader = _deleteLeased.ExecuteReader();
        var keys = new List<string>();
        while (reader.Read())
        {
            keys.Add(Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0)));
        }
        return keys;
    }

    /// <summary>Begins an SQLite transaction.</summary>
    public void Begin() => Run("BEGIN IMMEDIATE");

    /// <summary>Commits the transaction; it is on disk when this returns.</summary>
    public void Commit() => Run("COMMIT");

    /// <summary>Rolls back the transaction. After some errors SQLite has already done so.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            Run("ROLLBACK");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in new[] { _get, _modified, _put, _delete, _deleteLeased, _setRevision })
        {
            command.Dispose();
        }
        _connection.Dispose();
    }

    // Created before SQLite opens it, so that others can never read it; the -wal file inherits its mode. An existing file is not opened:
    // closing it would drop the locks of a store that this process has open on it.
    private static void CreateFile(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        if (!File.Exists(path))
        {
            try
            {
                using (
                    new FileStream(
                        path,
                        new FileStreamOptions
                        {
                            Mode = FileMode.CreateNew,
                            Access = FileAccess.Write,
                            UnixCreateMode = OwnerOnly,
                        }
                    )
                )
                {
                    // created empty
                }

                FileStatus.FlushFolder(folder);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process created it first; the lock decides which one opens it.
            }
        }
        else if (File.GetUnixFileMode(path) != OwnerOnly)
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }

    // The id is in the file and in the marker, so that either can be matched with its server. States created by 0.1 get one here.
    private void Identify(string? expected)
    {
        Run("CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL)");
        var id = Scalar("SELECT id FROM identity") as string;
        if (id is not null && expected is not null && id != expected && StateMarker.IsWhole(expected))
        {
            throw StateFailure.OfForeignState(Path, StateMarker.PathOf(Path));
        }
        if (id is null)
        {
            id = expected is not null && StateMarker.IsWhole(expected) ? expected : StateMarker.NewId();
            using var insert = _connection.CreateCommand();
            insert.CommandText = "INSERT INTO identity VALUES ($id)";
            insert.Parameters.AddWithValue("$id", id);
            insert.ExecuteNonQuery();
        }

        // Before the marker is written, so that the file alone contains a state as soon as anything claims that one exists.
        Checkpoint();
        if (id != expected)
        {
            StateMarker.Write(Path, id);
        }
    }

    private void Prepare(IReadOnlyList<string> traces)
    {
        _connection.Open();
        // The locking mode comes first: the WAL index is then in this process's memory, and no other process can open the file meanwhile.
        Run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
        CheckKind(traces);
        if (Text("PRAGMA journal_mode = WAL") != "wal")
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"'{Path}' does not support write-ahead logging.",
                "Put the data folder on a local file system."
            );
        }
        Run("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -4096");
        Begin();
        if (Number("PRAGMA application_id") == 0)
        {
            Run($"{Schema}; PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {SchemaVersion}");
        }
        if (Number("SELECT count(*) FROM entries WHERE lease <> 0") > 0)
        {
            Run("DELETE FROM entries WHERE lease <> 0");
            SetRevision(ReadRevision() + 1);
        }

        Commit();
        if (new FileInfo(Path).Length <= SmallBytes && Text("PRAGMA quick_check(1)") is var finding && finding != "ok")
        {
            throw StateFailure.OfDamage(Path, finding);
        }
    }

    // A file that is not a state is not modified.
    private void CheckKind(IReadOnlyList<string> traces)
    {
        var kind = Number("PRAGMA application_id");
        if (kind == 0 && traces.Count > 0 && Number("SELECT count(*) FROM sqlite_schema") == 0)
        {
            throw StateFailure.OfMissing(Path, "is empty", traces);
        }
        if (kind != ApplicationId && (kind != 0 || Number("SELECT count(*) FROM sqlite_schema") > 0))
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"'{Path}' is not a state file of Holdfast but another SQLite database.",
                "Use a data folder of Holdfast's own."
            );
        }
        var version = Number("PRAGMA user_version");
        if (version > SchemaVersion)
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"The state in '{Path}' was written by a newer Holdfast: its schema version is {version}, this version supports "
                    + $"{SchemaVersion}.",
                "Start the newer version."
            );
        }
    }

    private static StateEntry Entry(SqliteDataReader reader) =>
        new(
            Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0)),
            reader.GetFieldValue<byte[]>(1),
            reader.GetInt64(2),
            reader.GetInt64(3)
        );

    private SqliteCommand Command(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter, DBNull.Value);
        }
        return command;
    }

    private void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private long Number(string sql) => (long)Scalar(sql)!;

    private string Text(string sql) => (string)Scalar(sql)!;

    private object? Scalar(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
