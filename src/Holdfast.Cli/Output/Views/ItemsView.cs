using SkippedFilesView = Holdfast.Api.Sources.SkippedFilesView;

namespace Holdfast.Cli.Output.Views;

/// <summary>
/// A list; for backups their sum; for what was discovered what was left out; for verifications what else there is to
/// say.
/// </summary>
internal sealed record ItemsView<T>(
    IReadOnlyList<T> Items,
    BackupSummaryView? Summary = null,
    SkippedFilesView? PassedOver = null,
    IReadOnlyList<string>? Notes = null
);
