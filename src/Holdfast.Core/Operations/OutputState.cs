namespace Holdfast.Core.Operations;

/// <summary>How far a running backup is at one of its destinations.</summary>
public enum OutputState
{
    /// <summary>It is written as fast as the database is read.</summary>
    Writing,

    /// <summary>It is slower than the database is read; what it has not written yet waits in memory.</summary>
    Behind,

    /// <summary>It is slower than the database is read; what it has not written yet waits in a file on the node.</summary>
    Spooled,

    /// <summary>It has all bytes and makes the archive visible.</summary>
    Publishing,

    /// <summary>It has the archive.</summary>
    Done,

    /// <summary>It failed or was too slow. It no longer takes part, and gets a copy later.</summary>
    Dropped,
}
