using Holdfast.Archive.Format;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines;

/// <summary>One new database that is to be made from a restore point.</summary>
/// <param name="Name">Name of the new database within the source. It must not exist.</param>
/// <param name="Type">What the archive holds.</param>
/// <param name="Key">
/// The key that a database made from a logical archive is encrypted with: that of the database that was backed up; null
/// for an unencrypted one.
/// </param>
/// <param name="Fingerprint">What the manifest says of the database; the new one must say the same.</param>
/// <param name="ExpectedBytes">Roughly how large the new database will be, for a check of free space.</param>
public sealed record RestoreRequest(
    string Name,
    BackupType Type,
    DatabaseKey? Key,
    IReadOnlyDictionary<string, string> Fingerprint,
    long ExpectedBytes
)
{
    /// <summary>
    /// Whether objects that cannot be made are left out and told, where the engine can do that; rows are never. Default
    /// no.
    /// </summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Owner and mode of the file that was backed up, as the archive says; null where it does not. Hostile input.</summary>
    public FilePermissions? OriginalPermissions { get; init; }

    /// <summary>Which of them the new file gets.</summary>
    public FileRestoreOptions FileOptions { get; init; } = new();
}
