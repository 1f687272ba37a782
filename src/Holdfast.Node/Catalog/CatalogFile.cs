using Holdfast.Core.Databases;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog;

/// <summary>The catalog in a SQLite file: what is stored and queried. Used by one thread at a time.</summary>
internal sealed class CatalogFile : IDisposable
{
    private readonly CatalogConnection _connection;

    private CatalogFile(CatalogConnection connection)
    {
        _connection = connection;
        Folders = new(connection);
    }

    /// <summary>What is known about the folders of databases at remote destinations.</summary>
    public CatalogFolders Folders { get; }

    /// <inheritdoc cref="CatalogConnection.Open"/>
    public static CatalogFile Open(string? path) => new(CatalogConnection.Open(path));

    /// <inheritdoc cref="CatalogConnection.OpenToRead"/>
    public static CatalogFile OpenToRead(string path) => new(CatalogConnection.OpenToRead(path));

    /// <inheritdoc cref="CatalogConnection.Begin"/>
    public void Begin() => _connection.Begin();

    /// <inheritdoc cref="CatalogConnection.Commit"/>
    public void Commit() => _connection.Commit();

    /// <inheritdoc cref="CatalogConnection.ProbeWrite"/>
    public void ProbeWrite() => _connection.ProbeWrite();

    /// <inheritdoc cref="CatalogConnection.Rollback"/>
    public void Rollback() => _connection.Rollback();

    /// <summary>Number of the chain with this path; added if missing.</summary>
    public long GetOrAddChain(string path, string database, string? task)
    {
        if (_connection.QueryScalar("SELECT number FROM chains WHERE path = $path", ("$path", path)) is long number)
        {
            return number;
        }
        return (long)
            _connection.QueryScalar(
                "INSERT INTO chains (path, database, task) VALUES ($path, $database, $task) RETURNING number",
                ("$path", path),
                ("$database", database),
                ("$task", task ?? "")
            )!;
    }

    /// <summary>Number of the chain with this path; null if unknown.</summary>
    public long? FindChain(string path) =>
        _connection.QueryScalar("SELECT number FROM chains WHERE path = $path", ("$path", path)) as long?;

    /// <summary>Adds an archive, or completes an unrecorded one.</summary>
    public void Upsert(long chain, CatalogArchive archive, bool replace) =>
        _connection.Execute(
            $"""
            INSERT INTO archives (chain, name, length, id, chain_id, parent, sha256, manifest, index_length, index_sha256, started)
            VALUES ($chain, $name, $length, $id, $chainId, $parent, $sha256, $manifest, $indexLength, $indexSha256, $started)
            ON CONFLICT (chain, name) DO UPDATE SET length = excluded.length, id = excluded.id, chain_id = excluded.chain_id,
              parent = excluded.parent, sha256 = excluded.sha256, manifest = excluded.manifest, index_length = excluded.index_length,
              index_sha256 = excluded.index_sha256, started = excluded.started
            WHERE {(
                replace
                    ? "true"
                    : "(archives.id IS NULL AND excluded.id IS NOT NULL) OR (archives.id = excluded.id AND archives.sha256 IS NULL)"
            )}
            """,
            ("$chain", chain),
            ("$name", archive.Name),
            ("$length", archive.Length),
            ("$id", CatalogRows.Hex(archive.Id)),
            ("$chainId", CatalogRows.Hex(archive.Chain)),
            ("$parent", CatalogRows.Hex(archive.Parent)),
            ("$sha256", CatalogRows.Base64(archive.Sha256)),
            ("$manifest", CatalogRows.Base64(archive.ManifestSha256)),
            ("$indexLength", archive.IndexLength),
            ("$indexSha256", CatalogRows.Base64(archive.IndexSha256)),
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
        var isDamaged = finding is { State: CopyState.Damaged, Problem.Code: var code } && code != ErrorCatalog.ChainIncomplete.Code;
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
        _connection.Execute(
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
        _connection.QueryScalar("SELECT identity FROM places WHERE name = $name", ("$name", destination)) as string;

    /// <summary>All names that have an identity.</summary>
    public IReadOnlyList<string> DestinationNames() => _connection.QueryTexts("SELECT name FROM places");

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
        Folders.Forget(name);
        _connection.Execute("DELETE FROM places WHERE name = $name", ("$name", name));
        if (identity is null)
        {
            return databases;
        }
        _connection.Execute("INSERT INTO places (name, identity) VALUES ($name, $identity)", ("$name", name), ("$identity", identity));
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
        var before = _connection.QueryScalar(
            "SELECT state FROM copies WHERE chain = $chain AND name = $name AND destination = $destination",
            ("$chain", chain),
            ("$name", finding.Name),
            ("$destination", destination)
        );
        if (before is null or 0L || (finding.IsListed && before is 3L))
        {
            return;
        }
        _connection.Execute(
            "UPDATE copies SET state = 0, since = NULL, code = NULL, message = NULL, hint = NULL WHERE chain = $chain AND "
                + "destination = $destination AND state = 3 AND code = $code",
            ("$chain", chain),
            ("$destination", destination),
            ("$code", ErrorCatalog.ChainIncomplete.Code)
        );
    }

    // A run that started before a destination was redefined reports on the root that it opened, not on the one that has the name
    // now.
    internal string DestinationKey(string destination, string? identity) =>
        identity is null || IdentityOf(destination) is not { } now || now == identity ? destination : DetachedKey(identity);

    private static string DetachedKey(string identity) => $"#{identity}";

    // Records under the new name are newer.
    private void Rename(string destination, string to)
    {
        _connection.Execute("UPDATE OR IGNORE copies SET destination = $to WHERE destination = $from", ("$from", destination), ("$to", to));
        _connection.Execute("DELETE FROM copies WHERE destination = $from", ("$from", destination));
    }

    private List<string> DatabasesWithProblemsAt(string destination) =>
        _connection.QueryTexts(
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
        var database = (string)_connection.QueryScalar("SELECT database FROM chains WHERE number = $chain", ("$chain", chain))!;
        _connection.Execute(
            "DELETE FROM copies WHERE chain = $chain AND destination = $destination",
            ("$chain", chain),
            ("$destination", destination)
        );
        _connection.Execute(
            "DELETE FROM archives WHERE chain = $chain AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.chain = archives.chain "
                + "AND c.name = archives.name)",
            ("$chain", chain)
        );
        _connection.Execute(
            "DELETE FROM chains WHERE number = $chain AND NOT EXISTS (SELECT 1 FROM archives a WHERE a.chain = $chain)",
            ("$chain", chain)
        );
        _connection.Execute(
            "DELETE FROM seals WHERE chain = $chain AND NOT EXISTS (SELECT 1 FROM chains c WHERE c.number = $chain)",
            ("$chain", chain)
        );
        return database;
    }

    /// <summary>Acknowledges the missing copies at a destination.</summary>
    public int Acknowledge(string destination, string database) =>
        _connection.Execute(
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
        _connection.QueryScalar(
            "SELECT ch.path || '/' || a.name FROM archives a JOIN chains ch ON ch.number = a.chain WHERE a.id = $id",
            ("$id", CatalogRows.Hex(id))
        ) as string;

    /// <summary>Stores the ids of a chain's archives, in a form that only its reader knows.</summary>
    public void StoreChainIds(long chain, byte[] ids) =>
        _connection.Execute(
            "INSERT OR REPLACE INTO seals (chain, content) VALUES ($chain, $content)",
            ("$chain", chain),
            ("$content", ids)
        );

    /// <summary>Whether ids of a chain are stored.</summary>
    public bool HasChainIds(long chain) =>
        _connection.QueryScalar("SELECT 1 FROM seals WHERE chain = $chain", ("$chain", chain)) is not null;

    /// <summary>The stored ids of a database's chains, by their paths.</summary>
    public IReadOnlyDictionary<string, byte[]> ReadChainIds(string database)
    {
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        using var reader = _connection
            .Command(
                "SELECT ch.path, s.content FROM chains ch JOIN seals s ON s.chain = ch.number WHERE ch.database = $database",
                ("$database", database)
            )
            .ExecuteReader();
        while (reader.Read())
        {
            found[reader.GetString(0)] = reader.GetFieldValue<byte[]>(1);
        }
        return found;
    }

    /// <summary>When the chains of a task were last verified at each destination.</summary>
    public IReadOnlyList<ChainVerification> Verifications(string database, string? task)
    {
        var ages = new List<ChainVerification>();
        using var reader = _connection
            .Command(
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
            ages.Add(new(reader.GetString(0), reader.GetString(1), CatalogRows.ReadTime(reader, 2)));
        }
        return ages;
    }

    /// <summary>All databases.</summary>
    public IReadOnlyList<string> Databases() => _connection.QueryTexts("SELECT DISTINCT database FROM chains ORDER BY database");

    /// <summary>The databases that have a copy with a problem.</summary>
    public IReadOnlyList<string> DatabasesWithProblems() =>
        _connection.QueryTexts(
            "SELECT DISTINCT ch.database FROM copies c JOIN chains ch ON ch.number = c.chain WHERE c.state > 0 AND "
                + "substr(c.destination, 1, 1) <> '#'"
        );

    /// <summary>The copies of a database that have a problem, with the task of their chain and their file name.</summary>
    public IReadOnlyList<(string? Task, string Name, CatalogCopy Copy)> CopyProblems(string database)
    {
        var found = new List<(string?, string, CatalogCopy)>();
        var command = _connection.Command(
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
            found.Add((CatalogRows.TaskOrNull(reader.GetString(0)), reader.GetString(1), CatalogRows.ReadCopy(reader, 2)));
        }
        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private List<CatalogChain> QueryChains(string sql, params ReadOnlySpan<(string, object?)> parameters)
    {
        var heads = new List<(long Number, CatalogChain Chain)>();
        using (var reader = _connection.Command(sql, parameters).ExecuteReader())
        {
            while (reader.Read())
            {
                heads.Add(
                    (
                        reader.GetInt64(0),
                        new(reader.GetString(1), DatabaseId.Parse(reader.GetString(2)), CatalogRows.TaskOrNull(reader.GetString(3)), [])
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
        using var reader = _connection
            .Command(
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
                entries.Add(new(CatalogRows.ReadArchive(reader), copies = []));
            }
            if (!reader.IsDBNull(0))
            {
                copies.Add(CatalogRows.ReadCopy(reader, 0));
            }
        }

        return entries;
    }
}
