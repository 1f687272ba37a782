using Holdfast.Archive.Format;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Restores;

/// <summary>The restore of one new database from a restore point.</summary>
/// <param name="Name">Name of the new database within the source. It must not exist.</param>
/// <param name="Type">Type of the archive.</param>
/// <param name="Key">
/// The key with which a database from a logical archive is encrypted: that of the original database; null for an unencrypted one.
/// </param>
/// <param name="Fingerprint">The fingerprint in the manifest, which the new database must match.</param>
/// <param name="ExpectedBytes">Estimated size of the new database in bytes, for a check of free space.</param>
public sealed record RestoreRequest(
    string Name,
    BackupType Type,
    DatabaseKey? Key,
    IReadOnlyDictionary<string, string> Fingerprint,
    long ExpectedBytes
)
{
    /// <summary>
    /// Whether objects that cannot be created are skipped and reported, if the engine supports it. Rows are never skipped. Default no.
    /// </summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Owner and mode of the original file according to the archive; null if it has none. Untrusted input.</summary>
    public FilePermissions? OriginalPermissions { get; init; }

    /// <summary>Which of these permissions the new file gets.</summary>
    public FileRestoreOptions FileOptions { get; init; } = new();
}
