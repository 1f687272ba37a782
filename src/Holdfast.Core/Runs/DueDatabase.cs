using Holdfast.Core.Databases;

namespace Holdfast.Core.Runs;

/// <summary>A database that was due in a run. Stored with the run, because its operation, task or source may no longer exist.</summary>
/// <param name="Task">Id of the task.</param>
/// <param name="Database">The database.</param>
/// <param name="Bytes">Its size when it was due, in bytes.</param>
public sealed record DueDatabase(string Task, DatabaseId Database, long Bytes);
