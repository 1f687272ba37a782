using System.Globalization;
using System.Numerics;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// The statements of a script that change a setting or end a transaction: exactly those that a backup contains, with
/// the values that they can have.
/// </summary>
internal sealed class ScriptControlStatements(SqliteConnection connection, long expectedBytes, LoadLimits limits)
{
    private const int SparePages = 4096;
    private const double LimitStep = 1.25; // the limit is raised each time the script has grown by this factor
    private const int SpareBytes = 16 * 1024 * 1024;
    private string? _journalMode;
    private long _maxPages;
    private double _nextLimitAt;

    /// <summary>SQLite's number of the encoding if it is UTF-16, else 0.</summary>
    public byte Utf16 { get; private set; }

    /// <summary>Whether the last statement of the script has been run.</summary>
    public bool IsComplete => _journalMode is not null;

    /// <summary>
    /// Whether SQLite reports "full" because the database has reached its size limit, not because the disk is full.
    /// </summary>
    public bool IsAtSizeLimit =>
        _maxPages > 0 && new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(connection.FilePath))!).AvailableFreeSpace > SpareBytes;

    /// <summary>Whether <paramref name="sql"/> is a control statement that a backup can contain.</summary>
    public static bool IsKnown(string sql) =>
        sql switch
        {
            "BEGIN" or "COMMIT" or "PRAGMA foreign_keys=OFF" or "PRAGMA ignore_check_constraints=ON" => true,
            SqlDump.DropSequence or SqlDump.Analyze or "DROP TABLE IF EXISTS sqlite_stat1" or "DROP TABLE IF EXISTS sqlite_stat4" => true,
            "PRAGMA encoding='UTF-8'" or "PRAGMA encoding='UTF-16le'" or "PRAGMA encoding='UTF-16be'" => true,
            _ => IsLast(sql) || IsNumber(sql),
        };

    /// <summary>Whether this is the last statement of a script.</summary>
    public static bool IsLast(string sql) => sql is "PRAGMA journal_mode=wal" or "PRAGMA journal_mode=delete";

    /// <summary>Runs <paramref name="sql"/>; returns false if no backup contains it.</summary>
    public bool TryRun(string sql)
    {
        if (!IsKnown(sql))
        {
            return false;
        }
        if (IsLast(sql))
        {
            _journalMode = sql;
            return connection.QueryInt64("PRAGMA schema_version") >= 0;
        }

        if (sql == "PRAGMA encoding='UTF-16le'")
        {
            Utf16 = Utf16LittleEndian;
        }
        if (sql == "PRAGMA encoding='UTF-16be'")
        {
            Utf16 = Utf16BigEndian;
        }
        connection.Execute(sql);
        return true;
    }

    /// <summary>
    /// Limits the size of the database by the length of the script read so far. Has to be called after the page size is
    /// set.
    /// </summary>
    public void LimitSize(long scriptBytes)
    {
        if (scriptBytes < _nextLimitAt)
        {
            return;
        }
        _nextLimitAt = (scriptBytes * LimitStep) + 1;
        var bytes = limits.GetMaxDatabaseBytes((long)_nextLimitAt);
        if (expectedBytes > 0)
        {
            bytes = Math.Min(bytes, 2 * expectedBytes);
        }
        _maxPages = (bytes / connection.QueryInt64("PRAGMA page_size")) + SparePages;
        _maxPages = connection.QueryInt64(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={_maxPages}"));
    }

    /// <summary>Sets the journal mode that the original database had.</summary>
    public void Finish() => connection.Execute($"PRAGMA locking_mode=NORMAL; {_journalMode}");

    private static bool IsNumber(string sql)
    {
        var parts = sql.Split('=');
        return parts.Length == 2
            && int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && parts[1] == value.ToString(CultureInfo.InvariantCulture)
            && parts[0] switch
            {
                "PRAGMA page_size" => value is >= 512 and <= 65536 && BitOperations.IsPow2(value),
                "PRAGMA auto_vacuum" => value is >= 0 and <= 2,
                "PRAGMA user_version" or "PRAGMA application_id" => true,
                _ => false,
            };
    }
}
