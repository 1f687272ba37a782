using Holdfast.Core.Tasks;

namespace Holdfast.Core.Operations;

/// <summary>What an operation needs to know to begin after a restart, besides its database and task. No secret is in it.</summary>
public sealed record OperationRequest
{
    /// <summary>Where the backup is that is restored or verified; null for a backup.</summary>
    public string? From { get; init; }

    /// <summary>Which point is restored; null for the newest.</summary>
    public string? Point { get; init; }

    /// <summary>Whether keys were given with it. They are never stored, so it cannot begin without them after a restart.</summary>
    public bool KeysGiven { get; init; }

    /// <summary>Of a restore: whether objects that cannot be made are left out.</summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Whether a restored file gets the mode of the original one.</summary>
    public bool KeepMode { get; init; }

    /// <summary>Whether a restored file gets the owner and group of the original one.</summary>
    public bool KeepOwner { get; init; }

    /// <summary>
    /// Whether a verification takes an archive that no key here opens for whole where its bytes are those that were
    /// written.
    /// </summary>
    public bool HashSuffices { get; init; }

    /// <summary>How a backup without a task is made; null for others.</summary>
    public TaskSettings? Settings { get; init; }
}
