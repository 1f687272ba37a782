using Holdfast.Core.Errors;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Holdfast.Node.Catalog;

/// <summary>Replaces a damaged catalog file, and describes failures of the file.</summary>
internal static partial class CatalogRecovery
{
    /// <summary>Whether an exception means that the file itself is damaged or is not a catalog.</summary>
    public static bool IsDamage(Exception e) => e is SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    /// <summary>Path to which a damaged file is moved.</summary>
    public static string DamagedFilePath(string path) => $"{path}.damaged";

    /// <summary>Path of the marker that says that the file was missing and was created anew.</summary>
    public static string LostMarkerPath(string path) => $"{path}.lost";

    /// <summary>
    /// Replaces a damaged file by a new one. The old file is kept next to it. Its known problems are imported as far as they can be
    /// read, because damage must not be forgotten.
    /// </summary>
    public static CatalogFile Recreate(string path, ILogger logger)
    {
        var damaged = DamagedFilePath(path);
        File.Delete($"{damaged}-shm");
        if (File.Exists($"{path}-wal"))
        {
            File.Move($"{path}-wal", $"{damaged}-wal", overwrite: true);
        }
        else
        {
            File.Delete($"{damaged}-wal");
        }
        File.Move(path, damaged, overwrite: true);
        File.Delete($"{path}-shm");
        var file = CatalogFile.Open(path);
        try
        {
            file.Begin();
            using (var old = CatalogFile.OpenToRead(damaged))
            {
                LogSalvaged(logger, file.Salvage(old), damaged);
            }
            file.Commit();
        }
        catch (Exception e) when (e is SqliteException or FormatException or ArgumentException or InvalidCastException or HoldfastException)
        {
            LogNotSalvaged(logger, damaged, e.Message);
            file.Commit(); // what could be imported
        }

        return file;
    }

    /// <summary>The error of a catalog that cannot be used.</summary>
    public static HoldfastException CreateFailure(string? path, Exception e) =>
        new(
            e is SqliteException { SqliteErrorCode: raw.SQLITE_FULL } ? ErrorCatalog.StateFull : ErrorCatalog.StateUnavailable,
            $"The catalog '{path}' cannot be used: {e.Message}",
            "Backups continue. Free space in the data folder, or repair its file system. Archives that are not recorded meanwhile are "
                + "recorded when they are verified.",
            e
        );

    [LoggerMessage(EventId = 5106, Level = LogLevel.Warning, Message = "Imported {Count} archives of chains with a problem from {Path}")]
    private static partial void LogSalvaged(ILogger logger, int count, string path);

    [LoggerMessage(
        EventId = 5107,
        Level = LogLevel.Warning,
        Message = "The chains with a problem could not all be imported from {Path}: {Reason}"
    )]
    private static partial void LogNotSalvaged(ILogger logger, string path, string reason);
}
