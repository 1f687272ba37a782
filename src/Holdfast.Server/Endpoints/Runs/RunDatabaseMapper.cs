using Holdfast.Api.Runs;
using Holdfast.Node.Runs;

namespace Holdfast.Server.Endpoints.Runs;

/// <summary>Converts a database of a run to its view.</summary>
internal static class RunDatabaseMapper
{
    public static RunDatabaseView ToView(RunDatabase database)
    {
        var operation = database.Operation;
        return new()
        {
            Database = database.Database,
            State = database.State,
            OperationId = operation?.Id,
            Kind = operation?.Result?.Kind ?? operation?.BackupKind,
            Unchanged = operation?.Result?.Unchanged == true,
            Error = operation?.Error,
            Started = operation?.Started,
            Ended = operation?.Ended,
            ReadBytes = operation?.Progress.DoneBytes ?? 0,
            StoredBytes = operation?.Result?.StoredBytes ?? 0,
        };
    }
}
