namespace Holdfast.Node.Backups;

/// <summary>Progress of a batch.</summary>
/// <param name="Total">Databases in the batch.</param>
/// <param name="Done">Databases that ended, successfully or not.</param>
/// <param name="Failed">Databases that failed.</param>
/// <param name="DatabaseBytes">Total size of the databases that ended, in bytes.</param>
/// <param name="StoredBytes">Total size of their archives, in bytes.</param>
public sealed record BackupBatchProgress(int Total, int Done, int Failed, long DatabaseBytes, long StoredBytes);
