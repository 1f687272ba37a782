namespace Holdfast.Engines;

/// <summary>What the source is to a database that may be replicated.</summary>
public enum DatabaseRole
{
    /// <summary>Takes writes.</summary>
    Primary,

    /// <summary>Follows a primary; preferred for backups.</summary>
    Replica,
}
