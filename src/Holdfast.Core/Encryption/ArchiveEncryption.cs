namespace Holdfast.Core.Encryption;

/// <summary>How the contents of an archive are protected.</summary>
public enum ArchiveEncryption
{
    /// <summary>Not encrypted: anyone who has the file can read it.</summary>
    None,

    /// <summary>Encrypted with age, to the given keys or recipients.</summary>
    Given,

    /// <summary>Encrypted with age, to the database's own key or passphrase.</summary>
    DatabaseKey,

    /// <summary>Without age: the pages are already encrypted with the database's key.</summary>
    DatabasePages,
}
