using Holdfast.Core.Operations;

namespace Holdfast.Api.Backups;

/// <summary>A restore point as the API shows it.</summary>
public sealed record RestorePointView
{
    /// <summary>Path of its archive, relative to the requested location.</summary>
    public required string Path { get; init; }

    /// <summary>When the backup began, according to the file name.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>FullBackup</c>, <c>IncrementalBackup</c>, <c>Snapshot</c> or <c>EncryptedSnapshot</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Size of the archive, in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Id of the archive; null if it cannot be read without a key.</summary>
    public required string? Id { get; init; }

    /// <summary>The database that was backed up; null if it cannot be read without a key.</summary>
    public required string? Database { get; init; }

    /// <summary>Which keys open the archive; null if it is not encrypted.</summary>
    public required string? Needs { get; init; }

    /// <summary>Whether its chain is being deleted there, by retention or by the bucket, so that it may not be restorable.</summary>
    public bool Expiring { get; init; }

    /// <summary>What is wrong with the archive; null if no problem is known.</summary>
    public required OperationError? Problem { get; init; }
}
