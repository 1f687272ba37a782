using Holdfast.Core.Tasks;

namespace Holdfast.Api.Tasks;

/// <summary>A request to start a one-time full backup.</summary>
public sealed record OneTimeBackupRequest
{
    /// <summary>Logical or snapshot; logical by default.</summary>
    public BackupType Type { get; init; }

    /// <summary>Names of destinations, at least one.</summary>
    public IReadOnlyList<string> Destinations { get; set; } = [];

    /// <summary>Public keys to encrypt to; empty for an unencrypted backup.</summary>
    public IReadOnlyList<string> Recipients { get; set; } = [];
}
