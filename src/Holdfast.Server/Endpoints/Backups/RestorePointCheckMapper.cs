using Holdfast.Api.Backups;
using Holdfast.Core.Operations;
using Holdfast.Node.RestorePoints;

namespace Holdfast.Server.Endpoints.Backups;

/// <summary>Converts the result of a check of a restore point to its view.</summary>
internal static class RestorePointCheckMapper
{
    public static RestorePointCheckView ToView(RestorePointCheck check) =>
        new()
        {
            Archive = check.Point.Archive.Name.ToString(),
            Time = check.Point.Archive.Name.Time,
            Kind = check.Point.Archive.Name.FileType.ToString(),
            IsEncrypted = check.Point.Archive.Name.IsEncrypted,
            NeedsPassphrase = check.Needs?.IsPassphrase ?? false,
            NeedsKeys = check.Needs?.KeyIds ?? [],
            Problem = check.Problem is null ? null : OperationError.From(check.Problem),
            Database = check.Header?.Database,
            Engine = check.Header?.Engine,
            DatabaseEncrypted = check.Header?.DatabaseEncrypted ?? false,
            Type = check.Header?.Type,
            Node = check.Header?.Node,
            Archives = check.Archives,
            StoredBytes = check.StoredBytes,
            DatabaseBytes = check.DatabaseBytes,
            File = check.File is { } file ? new(file.Mode, file.User, file.Group) : null,
            ServerUser = Environment.UserName,
        };
}
