namespace Holdfast.Cli.Output.Views;

/// <summary>Totals of all backups of one run.</summary>
internal sealed record BackupSummaryView(
    int Completed,
    int CompletedWithErrors,
    int Unchanged,
    int Failed,
    long DatabaseBytes,
    long StoredBytes,
    double Seconds
);
