namespace Holdfast.Cli.Output;

/// <summary>A list, and for backups their sum.</summary>
internal sealed record ItemsView<T>(IReadOnlyList<T> Items, BackupSummaryView? Summary = null);
