using Holdfast.Core.Tasks;

namespace Holdfast.Core.Operations;

/// <summary>What an operation needs, besides its database and task, to start after a restart. Contains no secrets.</summary>
public sealed record OperationRequest
{
    /// <summary>Location of the backup to restore or verify; null for a backup.</summary>
    public string? From { get; init; }

    /// <summary>The restore point; null for the newest.</summary>
    public string? Point { get; init; }

    /// <summary>
    /// Whether keys were given with the request. Keys are never stored, so after a restart the operation cannot start without them.
    /// </summary>
    public bool KeysGiven { get; init; }

    /// <summary>For a restore: whether objects that cannot be created are left out.</summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Whether a restored file gets the mode of the original one.</summary>
    public bool KeepMode { get; init; }

    /// <summary>Whether a restored file gets the owner and group of the original one.</summary>
    public bool KeepOwner { get; init; }

    /// <summary>
    /// Whether a verification accepts an archive that no available key opens as intact if its bytes are those that were written.
    /// </summary>
    public bool HashSuffices { get; init; }

    /// <summary>For a repair: whether all chains are copied, not only the newest one.</summary>
    public bool AllChains { get; init; }

    /// <summary>Settings of a backup without a task; null for other operations.</summary>
    public TaskSettings? Settings { get; init; }
}
