using System.Globalization;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Holdfast.Node.Catalog;

/// <summary>The SQLite file of the catalog: every statement that is sent to SQLite. Used by one thread at a time.</summary>
internal sealed class CatalogFile : IDisposable
{
    private const int SchemaVersion = 2;
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

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    static CatalogFile() => raw.SetProvider(new SQLite3Provider_e_sqlite3());

    private CatalogFile(string? path)
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
    public static CatalogFile Open(string? path)
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

        var file = new CatalogFile(path);
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
    public static CatalogFile OpenToRead(string path)
    {
        var file = new CatalogFile(path);
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

    /// <summary>Number of the chain with this path; added if missing.</summary>
    public long GetOrAddChain(string path, string database, string? task)
    {
        if (QueryScalar("SELECT number FROM chains WHERE path = $path", ("$path", path)) is long number)
        {
            return number;
        }
        return (long)
            QueryScalar(
                "INSERT INTO chains (path, database, task) VALUES ($path, $database, $task) RETURNING number",
                ("$path", path),
                ("$database", database),
                ("$task", task ?? "")
            )!;
    }

    /// <summary>Number of the chain with this path; null if unknown.</summary>
    public long? FindChain(string path) => QueryScalar("SELECT number FROM chains WHERE path = $path", ("$path", path)) as long?;

    /// <summary>Adds an archive, or completes an unrecorded one.</summary>
    public void Upsert(long chain, CatalogArchive archive, bool replace) =>
        Execute(
            $"""
            INSERT INTO archives (chain, name, length, id, chain_id, parent, sha256, manifest, index_length, index_sha256, started)
            VALUES ($chain, $name, $length, $id, $chainId, $parent, $sha256, $manifest, $indexLength, $indexSha256, $started)
            ON CONFLICT (chain, name) DO UPDATE SET length = excluded.length, id = excluded.id, chain_id = excluded.chain_id,
              parent = excluded.parent, sha256 = excluded.sha256, manifest = excluded.manifest, index_length = excluded.index_length,
              index_sha256 = excluded.index_sha256, started = excluded.started
            WHERE {(replace ? "true" : "archives.id IS NULL AND excluded.id IS NOT NULL")}
            """,
            ("$chain", chain),
            ("$name", archive.Name),
            ("$length", archive.Length),
            ("$id", Hex(archive.Id)),
            ("$chainId", Hex(archive.Chain)),
            ("$parent", Hex(archive.Parent)),
            ("$sha256", Base64(archive.Sha256)),
            ("$manifest", Base64(archive.ManifestSha256)),
            ("$indexLength", archive.IndexLength),
            ("$indexSha256", Base64(archive.IndexSha256)),
            ("$started", archive.Started?.ToUnixTimeMilliseconds())
        );

    /// <summary>
    /// Adds a copy, or updates its state. The time of a problem and its acknowledgement stay while the state does. A listing never
    /// reverts anything: neither what was known before it knew the archive, nor that the archive was read and found damaged.
    /// </summary>
    public void Upsert(long chain, CopyFinding finding)
    {
        var destination = DestinationKey(finding.Destination, finding.Identity);
        var since = finding.State == CopyState.Whole ? (long?)null : finding.At.ToUnixTimeMilliseconds();
        if (finding.State == CopyState.Whole)
        {
            ClearDependentProblems(chain, finding, destination);
        }
        var isDamaged = finding is { State: CopyState.Damaged, Problem.Code: var code } && code != ErrorCatalogue.ChainIncomplete.Code;
        const string Update = """
            state = $state, verified = coalesce($verified, verified), code = $code, message = $message, hint = $hint,
            since = CASE WHEN $state = 0 THEN NULL WHEN copies.state > 0 THEN copies.since ELSE $since END,
            acknowledged = CASE WHEN copies.state = $state THEN copies.acknowledged ELSE 0 END,
            was_damaged = CASE WHEN $state = 2 THEN copies.was_damaged ELSE $damaged END, length = coalesce($length, length)
            """;
        const string Insert = """
            INSERT INTO copies (chain, name, destination, state, verified, since, acknowledged, code, message, hint, was_damaged, length)
            VALUES ($chain, $name, $destination, $state, $verified, $since, 0, $code, $message, $hint, $damaged, $length)
            ON CONFLICT (chain, name, destination)
            """;
        Execute(
            finding.State == CopyState.Missing
                    ? $"UPDATE copies SET {Update} WHERE chain = $chain AND name = $name AND destination = $destination"
                : finding is { IsListed: true, Archive: not null } ? $"{Insert} DO NOTHING"
                : finding.IsListed ? $"{Insert} DO UPDATE SET {Update} WHERE copies.state <> 3"
                : $"{Insert} DO UPDATE SET {Update}",
            ("$chain", chain),
            ("$name", finding.Name),
            ("$destination", destination),
            ("$state", (long)finding.State),
            ("$verified", finding.IsVerified ? finding.At.ToUnixTimeMilliseconds() : null),
            ("$since", since),
            ("$code", finding.Problem?.Code),
            ("$message", finding.Problem?.Message),
            ("$hint", finding.Problem?.Hint),
            ("$damaged", isDamaged ? 1L : 0L),
            ("$length", finding.Length)
        );
    }

    /// <summary>The identity that a name last referred to; null if unknown.</summary>
    public string? IdentityOf(string destination) =>
        QueryScalar("SELECT identity FROM places WHERE name = $name", ("$name", destination)) as string;

    /// <summary>All names that have an identity.</summary>
    public IReadOnlyList<string> DestinationNames() => QueryTexts("SELECT name FROM places");

    /// <summary>
    /// Sets the identity that a name refers to from now on. The copies at the former root are kept under its identity, and copies
    /// at the new root that an earlier definition recorded are found under the name again.
    /// </summary>
    /// <returns>The databases that had, or have, a copy with a problem there.</returns>
    public IReadOnlyList<string> SetDestinationIdentity(string name, string? identity)
    {
        var before = IdentityOf(name);
        if (before == identity)
        {
            return [];
        }
        var databases = DatabasesWithProblemsAt(name)
            .Concat(identity is null ? [] : DatabasesWithProblemsAt(DetachedKey(identity)))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (before is not null)
        {
            Rename(name, DetachedKey(before));
        }
        Execute("DELETE FROM places WHERE name = $name", ("$name", name));
        if (identity is null)
        {
            return databases;
        }
        Execute("INSERT INTO places (name, identity) VALUES ($name, $identity)", ("$name", name), ("$identity", identity));
        Rename(DetachedKey(identity), name);
        return databases;
    }

    /// <summary>Imports the chains with a problem from another catalog, as far as it can be read.</summary>
    /// <returns>The number of imported archives.</returns>
    public int Salvage(CatalogFile damaged)
    {
        var count = 0;
        foreach (var database in damaged.DatabasesWithProblems())
        {
            foreach (var found in damaged.ReadAll(database))
            {
                var chain = GetOrAddChain(found.Path, database, found.Task);
                foreach (var entry in found.Entries)
                {
                    Upsert(chain, entry.Archive, replace: true);
                    foreach (var copy in entry.Copies)
                    {
                        Upsert(chain, CopyFinding.Of(found.Path, entry.Archive.Name, copy));
                    }
                    count++;
                }
            }
        }

        return count;
    }

    // An archive whose only problem was this one is intact again; the next verification finds any further problem.
    private void ClearDependentProblems(long chain, CopyFinding finding, string destination)
    {
        var before = QueryScalar(
            "SELECT state FROM copies WHERE chain = $chain AND name = $name AND destination = $destination",
            ("$chain", chain),
            ("$name", finding.Name),
            ("$destination", destination)
        );
        if (before is null or 0L || (finding.IsListed && before is 3L))
        {
            return;
        }
        Execute(
            "UPDATE copies SET state = 0, since = NULL, code = NULL, message = NULL, hint = NULL WHERE chain = $chain AND "
                + "destination = $destination AND state = 3 AND code = $code",
            ("$chain", chain),
            ("$destination", destination),
            ("$code", ErrorCatalogue.ChainIncomplete.Code)
        );
    }

    // A run that started before a destination was redefined reports on the root that it opened, not on the one that has the name
    // now.
    private string DestinationKey(string destination, string? identity) =>
        identity is null || IdentityOf(destination) is not { } now || now == identity ? destination : DetachedKey(identity);

    private static string DetachedKey(string identity) => $"#{identity}";

    // Records under the new name are newer.
    private void Rename(string destination, string to)
    {
        Execute("UPDATE OR IGNORE copies SET destination = $to WHERE destination = $from", ("$from", destination), ("$to", to));
        Execute("DELETE FROM copies WHERE destination = $from", ("$from", destination));
    }

    private List<string> DatabasesWithProblemsAt(string destination) =>
        QueryTexts(
            "SELECT DISTINCT ch.database FROM copies c JOIN chains ch ON ch.number = c.chain WHERE c.destination = "
                + "$destination AND c.state > 0",
            ("$destination", destination)
        );

    /// <summary>Removes the copies of a chain at one destination, and archives that have no copy left.</summary>
    /// <returns>The database of the chain; null if the chain was unknown.</returns>
    public string? Forget(string destination, string path)
    {
        if (FindChain(path) is not { } chain)
        {
            return null;
        }
        var database = (string)QueryScalar("SELECT database FROM chains WHERE number = $chain", ("$chain", chain))!;
        Execute("DELETE FROM copies WHERE chain = $chain AND destination = $destination", ("$chain", chain), ("$destination", destination));
        Execute(
            "DELETE FROM archives WHERE chain = $chain AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.chain = archives.chain "
                + "AND c.name = archives.name)",
            ("$chain", chain)
        );
        Execute(
            "DELETE FROM chains WHERE number = $chain AND NOT EXISTS (SELECT 1 FROM archives a WHERE a.chain = $chain)",
            ("$chain", chain)
        );
        return database;
    }

    /// <summary>Acknowledges the missing copies at a destination.</summary>
    public int Acknowledge(string destination, string database) =>
        Execute(
            "UPDATE copies SET acknowledged = 1 WHERE state = 2 AND acknowledged = 0 AND destination = $destination AND "
                + "chain IN (SELECT number FROM chains WHERE database = $database)",
            ("$destination", destination),
            ("$database", database)
        );

    /// <summary>The chain with this path.</summary>
    public CatalogChain? Read(string path) =>
        QueryChains("SELECT number, path, database, task FROM chains WHERE path = $path", ("$path", path)).FirstOrDefault();

    /// <summary>The newest chain of a task.</summary>
    public CatalogChain? ReadNewest(string database, string? task) =>
        QueryChains(
                "SELECT number, path, database, task FROM chains WHERE database = $database AND task = $task ORDER BY path DESC LIMIT 1",
                ("$database", database),
                ("$task", task ?? "")
            )
            .FirstOrDefault();

    /// <summary>All chains of a database, the oldest first.</summary>
    public IReadOnlyList<CatalogChain> ReadAll(string database) =>
        QueryChains("SELECT number, path, database, task FROM chains WHERE database = $database ORDER BY path", ("$database", database));

    /// <summary>Path of the archive with this id.</summary>
    public string? PathOf(string id) =>
        QueryScalar(
            "SELECT ch.path || '/' || a.name FROM archives a JOIN chains ch ON ch.number = a.chain WHERE a.id = $id",
            ("$id", Hex(id))
        ) as string;

    /// <summary>When the chains of a task were last verified at each destination.</summary>
    public IReadOnlyList<ChainVerification> Verifications(string database, string? task)
    {
        var ages = new List<ChainVerification>();
        using var reader = Command(
                """
                SELECT ch.path, c.destination, max(c.verified) FROM chains ch JOIN copies c ON c.chain = ch.number
                WHERE ch.database = $database AND ch.task = $task AND c.state <> 2 AND substr(c.destination, 1, 1) <> '#'
                GROUP BY ch.path, c.destination
                """,
                ("$database", database),
                ("$task", task ?? "")
            )
            .ExecuteReader();
        while (reader.Read())
        {
            ages.Add(new(reader.GetString(0), reader.GetString(1), ReadTime(reader, 2)));
        }
        return ages;
    }

    /// <summary>All databases.</summary>
    public IReadOnlyList<string> Databases() => QueryTexts("SELECT DISTINCT database FROM chains ORDER BY database");

    /// <summary>The databases that have a copy with a problem.</summary>
    public IReadOnlyList<string> DatabasesWithProblems() =>
        QueryTexts(
            "SELECT DISTINCT ch.database FROM copies c JOIN chains ch ON ch.number = c.chain WHERE c.state > 0 AND "
                + "substr(c.destination, 1, 1) <> '#'"
        );

    /// <summary>The copies of a database that have a problem, with the task of their chain and their file name.</summary>
    public IReadOnlyList<(string? Task, string Name, CatalogCopy Copy)> CopyProblems(string database)
    {
        var found = new List<(string?, string, CatalogCopy)>();
        var command = Command(
            """
            SELECT ch.task, c.name, c.destination, c.state, c.verified, c.since, c.acknowledged, c.code, c.message, c.hint,
              c.was_damaged, c.length
            FROM chains ch JOIN copies c ON c.chain = ch.number
            WHERE ch.database = $database AND c.state > 0 AND substr(c.destination, 1, 1) <> '#'
            """,
            ("$database", database)
        );
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            found.Add((TaskOrNull(reader.GetString(0)), reader.GetString(1), ReadCopy(reader, 2)));
        }
        return found;
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

    private static string? TaskOrNull(string stored) => stored.Length == 0 ? null : stored;

    private static byte[]? Hex(string? text) => text is null ? null : Convert.FromHexString(text);

    private static byte[]? Base64(string? text) => text is null ? null : Convert.FromBase64String(text);

    private static DateTimeOffset? ReadTime(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    private static string? ReadText(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static byte[]? ReadBytes(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);

    private static string? HexText(byte[]? bytes) => bytes is null ? null : Convert.ToHexStringLower(bytes);

    private static string? Base64Text(byte[]? bytes) => bytes is null ? null : Convert.ToBase64String(bytes);

    private static CatalogCopy ReadCopy(SqliteDataReader reader, int at) =>
        new(
            reader.GetString(at),
            (CopyState)reader.GetInt64(at + 1),
            ReadTime(reader, at + 2),
            ReadTime(reader, at + 3),
            reader.IsDBNull(at + 5)
                ? null
                : new OperationError(reader.GetString(at + 5), ReadText(reader, at + 6) ?? "", ReadText(reader, at + 7)),
            reader.GetInt64(at + 4) != 0
        )
        {
            WasDamaged = reader.GetInt64(at + 8) != 0,
            Length = reader.IsDBNull(at + 9) ? null : reader.GetInt64(at + 9),
        };

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
        if (version < SchemaVersion)
        {
            Run($"{SchemaUpgrade2}; PRAGMA user_version = {SchemaVersion.ToString(CultureInfo.InvariantCulture)}");
        }
        Commit();
        if (path is not null && new FileInfo(path).Length <= MaxQuickCheckBytes && QueryScalar("PRAGMA quick_check(1)") as string != "ok")
        {
            throw new SqliteException("It is damaged.", raw.SQLITE_CORRUPT);
        }
    }

    private List<CatalogChain> QueryChains(string sql, params ReadOnlySpan<(string, object?)> parameters)
    {
        var heads = new List<(long Number, CatalogChain Chain)>();
        using (var reader = Command(sql, parameters).ExecuteReader())
        {
            while (reader.Read())
            {
                heads.Add(
                    (
                        reader.GetInt64(0),
                        new(reader.GetString(1), DatabaseId.Parse(reader.GetString(2)), TaskOrNull(reader.GetString(3)), [])
                    )
                );
            }
        }

        return heads.ConvertAll(h => h.Chain with { Entries = QueryEntries(h.Number) });
    }

    private List<CatalogEntry> QueryEntries(long chain)
    {
        var entries = new List<CatalogEntry>();
        var copies = new List<CatalogCopy>();
        using var reader = Command(
                """
                SELECT c.destination, c.state, c.verified, c.since, c.acknowledged, c.code, c.message, c.hint, c.was_damaged, c.length,
                  a.name, a.length, a.id, a.chain_id, a.parent, a.sha256, a.manifest, a.index_length, a.index_sha256, a.started
                FROM archives a LEFT JOIN copies c ON c.chain = a.chain AND c.name = a.name AND substr(c.destination, 1, 1) <> '#'
                WHERE a.chain = $chain ORDER BY a.name, c.destination
                """,
                ("$chain", chain)
            )
            .ExecuteReader();
        while (reader.Read())
        {
            if (entries.Count == 0 || entries[^1].Archive.Name != reader.GetString(10))
            {
                entries.Add(new(ReadArchive(reader), copies = []));
            }
            if (!reader.IsDBNull(0))
            {
                copies.Add(ReadCopy(reader, 0));
            }
        }

        return entries;
    }

    private static CatalogArchive ReadArchive(SqliteDataReader reader) =>
        new()
        {
            Name = reader.GetString(10),
            Length = reader.GetInt64(11),
            Id = HexText(ReadBytes(reader, 12)),
            Chain = HexText(ReadBytes(reader, 13)),
            Parent = HexText(ReadBytes(reader, 14)),
            Sha256 = Base64Text(ReadBytes(reader, 15)),
            ManifestSha256 = Base64Text(ReadBytes(reader, 16)),
            IndexLength = reader.IsDBNull(17) ? null : reader.GetInt64(17),
            IndexSha256 = Base64Text(ReadBytes(reader, 18)),
            Started = ReadTime(reader, 19),
        };

    private List<string> QueryTexts(string sql, params ReadOnlySpan<(string, object?)> parameters)
    {
        var texts = new List<string>();
        using var reader = Command(sql, parameters).ExecuteReader();
        while (reader.Read())
        {
            texts.Add(reader.GetString(0));
        }
        return texts;
    }

    private int Execute(string sql, params ReadOnlySpan<(string, object?)> parameters) => Command(sql, parameters).ExecuteNonQuery();

    private object? QueryScalar(string sql, params ReadOnlySpan<(string, object?)> parameters) => Command(sql, parameters).ExecuteScalar();

    private long QueryNumber(string sql) => (long)QueryScalar(sql)!;

    private void Run(string sql) => Command(sql).ExecuteNonQuery();

    // Statements stay prepared: there are few, and some run ten thousand times a night.
    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
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
}
