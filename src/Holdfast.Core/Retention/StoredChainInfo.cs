namespace Holdfast.Core.Retention;

/// <summary>A chain at one destination, as input to retention.</summary>
/// <param name="Path">Its folder, which identifies it.</param>
/// <param name="FullStartTime">When its full backup began.</param>
/// <param name="NewestStartTime">When its newest archive began; the full backup if there is no incremental.</param>
/// <param name="IsComplete">Whether all of its archives exist. False if the destination cannot tell for certain.</param>
/// <param name="TaskId">The task that it belongs to; null for a one-time backup.</param>
public sealed record StoredChainInfo(
    string Path,
    DateTimeOffset FullStartTime,
    DateTimeOffset NewestStartTime,
    bool IsComplete,
    string? TaskId
)
{
    /// <summary>Whether its deletion has begun and was interrupted, so that only a part of it is left.</summary>
    public bool IsExpiring { get; init; }
}
