using Holdfast.Core.Tasks;

namespace Holdfast.Api.Backups;

/// <summary>A request to start a backup.</summary>
public sealed record BackupRequest
{
    /// <summary>The kind of backup; full by default.</summary>
    public BackupKind Kind { get; init; }
}
