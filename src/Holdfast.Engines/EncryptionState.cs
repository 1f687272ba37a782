namespace Holdfast.Engines;

/// <summary>What discovery can tell about a database's own encryption.</summary>
public enum EncryptionState
{
    /// <summary>It is readable without a key.</summary>
    No,

    /// <summary>The configuration says that it is encrypted.</summary>
    Yes,

    /// <summary>It looks random and is used like a database, but no configuration names it. It is listed, not backed up.</summary>
    Maybe,
}
