namespace Holdfast.Core.Retention;

/// <summary>A chain at one destination, as far as retention needs to know it.</summary>
/// <param name="Path">Its folder, which tells it from others.</param>
/// <param name="FullStartTime">When its full backup began.</param>
/// <param name="NewestStartTime">When its newest archive began; that of the full where there is no incremental.</param>
/// <param name="IsComplete">Whether every archive of it is there. False where the destination says nothing certain.</param>
/// <param name="TaskId">The task that it belongs to; null for a one-time backup.</param>
public sealed record StoredChainInfo(
    string Path,
    DateTimeOffset FullStartTime,
    DateTimeOffset NewestStartTime,
    bool IsComplete,
    string? TaskId
);
