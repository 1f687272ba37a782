using Holdfast.Core.Tasks;

namespace Holdfast.Server.Endpoints.Backups;

/// <summary>Backup now.</summary>
public sealed record BackupRequest
{
    /// <summary>Default full.</summary>
    public BackupKind Kind { get; init; }
}
