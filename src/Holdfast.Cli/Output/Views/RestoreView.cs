using Holdfast.Archive.Format;

namespace Holdfast.Cli.Output.Views;

/// <summary>A finished restore.</summary>
internal sealed record RestoreView
{
    /// <summary>The new database.</summary>
    public required string Target { get; init; }

    /// <summary>The database that was backed up.</summary>
    public required string Database { get; init; }

    /// <summary>Id of the restored archive.</summary>
    public required string ArchiveId { get; init; }

    /// <summary>Type of the backup.</summary>
    public required string Type { get; init; }

    /// <summary>Time of the restore point.</summary>
    public required DateTimeOffset PointTime { get; init; }

    /// <summary>Number of archives that were read.</summary>
    public required int Archives { get; init; }

    /// <summary>Bytes of the items at this point.</summary>
    public required long DatabaseBytes { get; init; }

    /// <summary>Duration, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Owner and mode of the new file; null if the target is not a file.</summary>
    public FilePermissions? File { get; init; }

    /// <summary>Owner and mode of the original file; null if the archive does not record them.</summary>
    public FilePermissions? OriginalFile { get; init; }

    /// <summary>Remarks about the chain; null for none.</summary>
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>Warnings for the operator, including <see cref="LeftOut"/>.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Warnings that state what the new database lacks.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }
}
