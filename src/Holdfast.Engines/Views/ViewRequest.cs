using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Views;

/// <summary>How to read a database for one backup.</summary>
/// <param name="Type">The requested type; the view states the type that is made.</param>
/// <param name="Key">The key of an encrypted database, if known.</param>
public sealed record ViewRequest(BackupType Type, DatabaseKey? Key)
{
    /// <summary>Why a snapshot is made instead of the requested logical backup; null if the requested type is made.</summary>
    public string? Instead { get; init; }
}
