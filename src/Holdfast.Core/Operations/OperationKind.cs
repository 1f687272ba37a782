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
}
