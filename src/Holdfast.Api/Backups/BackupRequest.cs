using Holdfast.Core.Tasks;

namespace Holdfast.Api.Backups;

/// <summary>Backup now.</summary>
public sealed record BackupRequest
{
    /// <summary>Default full.</summary>
    public BackupKind Kind { get; init; }
}
