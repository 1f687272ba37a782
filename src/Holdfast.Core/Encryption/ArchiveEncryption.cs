namespace Holdfast.Core.Encryption;

/// <summary>What protects the contents of one archive.</summary>
public enum ArchiveEncryption
{
    /// <summary>Nothing: whoever has the file can read it.</summary>
    None,

    /// <summary>age, to the keys or recipients that were given.</summary>
    Given,

    /// <summary>age, to the database's own key or passphrase.</summary>
    DatabaseKey,

    /// <summary>No age: the pages inside are encrypted with the database's key already.</summary>
    DatabasePages,
}
