using SkippedFilesView = Holdfast.Api.Sources.SkippedFilesView;

namespace Holdfast.Cli.Output.Views;

/// <summary>A list; for backups with their totals, for discovered databases with the skipped files, for verifications with notes.</summary>
internal sealed record ItemsView<T>(
    IReadOnlyList<T> Items,
    BackupSummaryView? Summary = null,
    SkippedFilesView? PassedOver = null,
    IReadOnlyList<string>? Notes = null
);
