using Holdfast.Core.Databases;

namespace Holdfast.Node.Discovery;

/// <summary>Sizes of databases, in bytes: from the last discovery, otherwise as stored.</summary>
/// <param name="sources">The sources of this node.</param>
/// <param name="databases">The records of all databases.</param>
public sealed class DatabaseSizes(SourceRegistry sources, DatabaseRecords databases)
{
    /// <summary>The size of a database; 0 if it is unknown.</summary>
    public long Of(DatabaseId database) => FindDiscovered(database) ?? databases.Find(database.ToString())?.SizeBytes ?? 0;

    /// <summary>The size of a database whose record is known.</summary>
    public long Of(DatabaseRecord record) => FindDiscovered(record.Id) ?? record.SizeBytes;

    private long? FindDiscovered(DatabaseId database) => sources.Find(database.Source)?.FindDatabase(database.Name)?.SizeBytes;
}
