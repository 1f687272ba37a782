namespace Holdfast.Engines.Discovery;

/// <summary>Why discovery skips a file or a name.</summary>
public enum SkipReason
{
    /// <summary>It looks like an encrypted database (random beginning, length of whole pages), but is not configured as one.</summary>
    LooksEncrypted,

    /// <summary>It does not start like a database, and is not configured as an encrypted one.</summary>
    NotADatabase,

    /// <summary>It is empty.</summary>
    Empty,

    /// <summary>It is the log, journal or WAL index of a discovered database.</summary>
    SideFile,

    /// <summary>It belongs to Holdfast: a restore in progress, an id file, an archive.</summary>
    OwnFile,

    /// <summary>It is a symbolic link, which is not followed.</summary>
    Link,

    /// <summary>It is another name of a discovered database.</summary>
    HardLink,

    /// <summary>It is a pipe, a socket or a device.</summary>
    Special,

    /// <summary>It cannot be read, or its name is not valid.</summary>
    Unreadable,

    /// <summary>The source's settings exclude it.</summary>
    Excluded,
}
