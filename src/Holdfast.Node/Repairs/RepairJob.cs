using Holdfast.Core.Databases;

namespace Holdfast.Node.Repairs;

/// <summary>A repair to run.</summary>
/// <param name="Database">The database.</param>
/// <param name="TaskId">Id of the task whose chains are repaired.</param>
/// <param name="AllChains">
/// Whether all chains are copied that the retention of the task keeps; otherwise only the newest one, and archives that were lost or
/// damaged.
/// </param>
public sealed record RepairJob(DatabaseId Database, string TaskId, bool AllChains);
