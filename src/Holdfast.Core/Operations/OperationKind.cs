namespace Holdfast.Core.Operations;

/// <summary>The kinds of operations.</summary>
public enum OperationKind
{
    /// <summary>Backs up one database.</summary>
    Backup,

    /// <summary>Creates one new database from a restore point.</summary>
    Restore,

    /// <summary>Reads and checks archives.</summary>
    Verify,

    /// <summary>Copies archives that a destination of a task lacks from another one.</summary>
    Repair,

    /// <summary>Rebuilds the catalog from a destination.</summary>
    RebuildCatalog,
}
