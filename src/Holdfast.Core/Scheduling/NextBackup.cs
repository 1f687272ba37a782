using Holdfast.Core.Tasks;

namespace Holdfast.Core.Scheduling;

/// <summary>When a task is due next.</summary>
/// <param name="At">When; not later than now where it is due already.</param>
/// <param name="Kind">Which kind. The runner may still have to make a full of an incremental, and says why.</param>
/// <param name="Reason">Why then.</param>
public sealed record NextBackup(DateTimeOffset At, BackupKind Kind, NextBackupReason Reason);
