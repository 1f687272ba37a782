using Holdfast.Api.Runs;
using Holdfast.Node.Runs;

namespace Holdfast.Server.Endpoints.Runs;

/// <summary>Shows a database of a run.</summary>
internal static class RunDatabaseMapper
{
    public static RunDatabaseView ToView(RunDatabase database)
    {
        var operation = database.Operation;
        return new(
            database.Database,
            database.State,
            operation?.Id,
            operation?.Result?.Kind ?? operation?.BackupKind,
            operation?.Result?.Unchanged == true,
            operation?.Error,
            operation?.Started,
            operation?.Ended,
            operation?.Progress.DoneBytes ?? 0,
            operation?.Result?.StoredBytes ?? 0
        );
    }
}
