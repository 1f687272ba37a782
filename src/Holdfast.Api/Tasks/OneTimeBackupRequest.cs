using Holdfast.Core.Tasks;

namespace Holdfast.Api.Tasks;

/// <summary>A one-time full backup.</summary>
public sealed record OneTimeBackupRequest
{
    /// <summary>Logical or snapshot. Default logical.</summary>
    public BackupType Type { get; init; }

    /// <summary>Names of destinations; one and more.</summary>
    public IReadOnlyList<string> Destinations { get; set; } = [];

    /// <summary>Public keys to encrypt to; none leaves it in clear.</summary>
    public IReadOnlyList<string> Recipients { get; set; } = [];
}
