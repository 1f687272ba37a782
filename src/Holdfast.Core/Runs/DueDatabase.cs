using Holdfast.Core.Databases;

namespace Holdfast.Core.Runs;

/// <summary>A database that was due in a run. Stored with the run, for no operation, task or source need be left to tell of it.</summary>
/// <param name="Task">Id of the task.</param>
/// <param name="Database">The database.</param>
/// <param name="Bytes">Its size when it was due.</param>
public sealed record DueDatabase(string Task, DatabaseId Database, long Bytes);
