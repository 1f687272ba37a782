using Holdfast.Archive.Format;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Sqlite;

/// <summary>How a database is backed up, decided when its view is opened.</summary>
internal sealed record SqliteViewPlan
{
    /// <summary>The actual type of the backup.</summary>
    public required BackupType Type { get; init; }

    /// <summary>Why it is not the requested type.</summary>
    public string? TypeReason { get; init; }

    /// <summary>Whether the database is encrypted.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Its key, if it is encrypted and the key is known.</summary>
    public DatabaseKey? Key { get; init; }

    /// <summary>Warnings for the operator.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Owner and mode of its file.</summary>
    public FilePermissions? File { get; init; }

    /// <summary>The source.</summary>
    public required SqliteSourceConfig Config { get; init; }

    /// <summary>Assumed speed of a dump, in bytes per second.</summary>
    public required double DumpRate { get; init; }

    /// <summary>Maximum size in bytes of a database whose dump reads from memory while writers would wait.</summary>
    public required long MaxDumpInMemory { get; init; }

    /// <summary>Writes the dump.</summary>
    public required DumpScript Dump { get; init; }
}
