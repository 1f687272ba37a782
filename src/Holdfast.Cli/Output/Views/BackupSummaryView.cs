namespace Holdfast.Cli.Output.Views;

/// <summary>All backups of one run, added up.</summary>
internal sealed record BackupSummaryView(
    int Completed,
    int CompletedWithErrors,
    int Unchanged,
    int Failed,
    long DatabaseBytes,
    long StoredBytes,
    double Seconds
);
