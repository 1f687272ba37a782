using Holdfast.Node.Backups;

namespace Holdfast.Cli.Output.Views;

/// <summary>The backup of one database.</summary>
internal sealed record BackupView
{
    /// <summary>Id of the database.</summary>
    public required string Database { get; init; }

    /// <summary>Outcome: a <see cref="BackupState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Kind of the backup that was made.</summary>
    public string? Kind { get; init; }

    /// <summary>Type of the backup that was made.</summary>
    public string? Type { get; init; }

    /// <summary>How the archive is encrypted.</summary>
    public string? Encryption { get; init; }

    /// <summary>Why it is encrypted in this way.</summary>
    public string? EncryptionReason { get; init; }

    /// <summary>Path of the archive below the destination; null if none was written.</summary>
    public string? Path { get; init; }

    /// <summary>Id of the archive.</summary>
    public string? ArchiveId { get; init; }

    /// <summary>Size of the database, in bytes.</summary>
    public required long DatabaseBytes { get; init; }

    /// <summary>Bytes of the database that this archive stores itself.</summary>
    public required long OwnBytes { get; init; }

    /// <summary>Size of the archive file, in bytes.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>Duration, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Warnings for the operator.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Why it failed completely or in part.</summary>
    public ErrorView? Error { get; init; }

    public static BackupView Of(BackupOutcome o) =>
        new()
        {
            Database = o.Database.ToString(),
            State = o.State.ToString(),
            Kind = o.Kind?.ToString(),
            Type = o.Type?.ToString(),
            Encryption = o.Encryption?.Mode.ToString(),
            EncryptionReason = o.Encryption?.Reason,
            Path = o.Path,
            ArchiveId = o.ArchiveId,
            DatabaseBytes = o.DatabaseBytes,
            OwnBytes = o.OwnBytes,
            StoredBytes = o.StoredBytes,
            Seconds = Math.Round(o.Duration.TotalSeconds, 3),
            Warnings = o.Warnings,
            Error = o.Error is null ? null : ErrorView.Of(o.Error),
        };
}
