namespace Holdfast.Node.Backups;

/// <summary>How far a sweep is.</summary>
/// <param name="Total">Databases in the sweep.</param>
/// <param name="Done">Databases that ended, well or not.</param>
/// <param name="Failed">Databases that failed.</param>
/// <param name="DatabaseBytes">Bytes of the databases that ended.</param>
/// <param name="StoredBytes">Bytes of their archives.</param>
public sealed record BackupBatchProgress(int Total, int Done, int Failed, long DatabaseBytes, long StoredBytes);
