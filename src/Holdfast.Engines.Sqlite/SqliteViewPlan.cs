using Holdfast.Archive.Format;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Sqlite;

/// <summary>What is made of one database, decided when its view is opened.</summary>
internal sealed record SqliteViewPlan
{
    /// <summary>What is made.</summary>
    public required BackupType Type { get; init; }

    /// <summary>Why that is not what was asked for.</summary>
    public string? TypeReason { get; init; }

    /// <summary>Whether the database is encrypted.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Its key, where it is encrypted and the key is known.</summary>
    public DatabaseKey? Key { get; init; }

    /// <summary>What the operator should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Owner and mode of its file.</summary>
    public FilePermissions? File { get; init; }

    /// <summary>The source.</summary>
    public required SqliteSourceConfig Config { get; init; }

    /// <summary>Speed that a dump is reckoned with, in bytes per second.</summary>
    public required double DumpRate { get; init; }

    /// <summary>Up to this size, in bytes, a database whose writers wait is dumped into memory.</summary>
    public required long MaxDumpInMemory { get; init; }

    /// <summary>Writes a dump.</summary>
    public required DumpScript Dump { get; init; }
}
