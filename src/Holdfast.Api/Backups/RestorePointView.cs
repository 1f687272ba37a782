using Holdfast.Core.Operations;

namespace Holdfast.Api.Backups;

/// <summary>A restore point as the API shows it.</summary>
/// <param name="Path">Its path below what was asked for.</param>
/// <param name="Time">When the backup began, from its name.</param>
/// <param name="Kind"><c>FullBackup</c>, <c>IncrementalBackup</c>, <c>Snapshot</c> or <c>EncryptedSnapshot</c>.</param>
/// <param name="Bytes">Bytes of the archive.</param>
/// <param name="Id">Its id; null where it cannot be read without a key.</param>
/// <param name="Database">The database that it is of; null as before.</param>
/// <param name="Needs">What opens it; null for an archive in clear.</param>
/// <param name="Problem">What is wrong with it; null where nothing is known to be.</param>
public sealed record RestorePointView(
    string Path,
    DateTimeOffset Time,
    string Kind,
    long Bytes,
    string? Id,
    string? Database,
    string? Needs,
    OperationError? Problem
);
