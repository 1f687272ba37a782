namespace Holdfast.Core.Cluster;

/// <summary>What a node is to a database: it can differ from database to database.</summary>
public enum DatabaseRole
{
    /// <summary>Its source takes the writes.</summary>
    Primary,

    /// <summary>Its source follows another.</summary>
    Replica,
}
