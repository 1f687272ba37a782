using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines;

/// <summary>How a database is to be read for one backup.</summary>
/// <param name="Type">The type asked for; the view says what is made.</param>
/// <param name="Key">The database's key where it is encrypted and the key is known.</param>
public sealed record ViewRequest(BackupType Type, DatabaseKey? Key)
{
    /// <summary>Why a snapshot is made where a logical backup was asked for; null where this is what was asked for.</summary>
    public string? Instead { get; init; }
}
