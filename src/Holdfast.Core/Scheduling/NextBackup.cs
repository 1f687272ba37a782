using Holdfast.Core.Tasks;

namespace Holdfast.Core.Scheduling;

/// <summary>The next backup of a task.</summary>
/// <param name="At">When it is due; not later than now if it is due already.</param>
/// <param name="Kind">Its kind. The run may still have to make a full backup instead of an incremental, and then states why.</param>
/// <param name="Reason">Why it is due at that time.</param>
public sealed record NextBackup(DateTimeOffset At, BackupKind Kind, NextBackupReason Reason);
