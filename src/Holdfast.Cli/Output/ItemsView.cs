using PassedOverView = Holdfast.Server.Endpoints.PassedOverView;

namespace Holdfast.Cli.Output;

/// <summary>
/// A list; for backups their sum; for what was discovered what was left out; for verifications what else there is to
/// say.
/// </summary>
internal sealed record ItemsView<T>(
    IReadOnlyList<T> Items,
    BackupSummaryView? Summary = null,
    PassedOverView? PassedOver = null,
    IReadOnlyList<string>? Notes = null
);
