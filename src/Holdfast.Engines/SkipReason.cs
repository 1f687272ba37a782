namespace Holdfast.Engines;

/// <summary>Why discovery backs a file up under no name, or not under this one.</summary>
public enum SkipReason
{
    /// <summary>
    /// It looks like an encrypted database (its beginning is random, its length that of whole pages), and no setting
    /// says that it is one.
    /// </summary>
    LooksEncrypted,

    /// <summary>It does not begin as a database, and no setting says that it is an encrypted one.</summary>
    NotADatabase,

    /// <summary>It has no bytes.</summary>
    Empty,

    /// <summary>It is the log, journal or index of a database that is found.</summary>
    SideFile,

    /// <summary>It is Holdfast's own: what a restore works on, an id file, an archive.</summary>
    OwnFile,

    /// <summary>It is a symbolic link, which is not followed.</summary>
    Link,

    /// <summary>It is another name of a database that is found.</summary>
    HardLink,

    /// <summary>It is a pipe, a socket or a device.</summary>
    Special,

    /// <summary>It cannot be read, or has a name that cannot be used.</summary>
    Unreadable,

    /// <summary>The source's settings leave it out.</summary>
    Excluded,
}
