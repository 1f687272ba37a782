using Holdfast.Node.Backups;

namespace Holdfast.Cli.Output.Views;

/// <summary>The backup of one database.</summary>
internal sealed record BackupView(
    string Database,
    string State,
    string? Kind,
    string? Type,
    string? Encryption,
    string? EncryptionReason,
    string? Path,
    string? ArchiveId,
    long DatabaseBytes,
    long OwnBytes,
    long StoredBytes,
    double Seconds,
    IReadOnlyList<string> Warnings,
    ErrorView? Error
)
{
    public static BackupView Of(BackupOutcome o) =>
        new(
            o.Database.ToString(),
            o.State.ToString(),
            o.Kind?.ToString(),
            o.Type?.ToString(),
            o.Encryption?.Mode.ToString(),
            o.Encryption?.Reason,
            o.Path,
            o.ArchiveId,
            o.DatabaseBytes,
            o.OwnBytes,
            o.StoredBytes,
            Math.Round(o.Duration.TotalSeconds, 3),
            o.Warnings,
            o.Error is null ? null : ErrorView.Of(o.Error)
        );
}
