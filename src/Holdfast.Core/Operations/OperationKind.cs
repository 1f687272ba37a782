namespace Holdfast.Core.Operations;

/// <summary>What an operation does.</summary>
public enum OperationKind
{
    /// <summary>Backs one database up.</summary>
    Backup,

    /// <summary>Makes one new database of a restore point.</summary>
    Restore,

    /// <summary>Reads and checks archives.</summary>
    Verify,
}
