namespace Holdfast.Engines.Discovery;

/// <summary>The encryption of a database, as far as discovery can tell.</summary>
public enum EncryptionState
{
    /// <summary>Readable without a key.</summary>
    No,

    /// <summary>Encrypted, according to the configuration.</summary>
    Yes,

    /// <summary>It looks random and is used like a database, but is not configured as encrypted. It is listed but not backed up.</summary>
    Maybe,
}
