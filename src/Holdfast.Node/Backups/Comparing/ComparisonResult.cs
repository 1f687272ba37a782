namespace Holdfast.Node.Backups.Comparing;

/// <summary>What a comparison of a database with its newest backup came to.</summary>
public enum ComparisonResult
{
    /// <summary>Its source cannot be used now, which is told by itself.</summary>
    SourceUnavailable,

    /// <summary>It says itself that it has changed: the next backup by schedule reads it.</summary>
    HasChanged,

    /// <summary>It was read to its end, and is equal.</summary>
    IsEqual,

    /// <summary>It was read to its end, and differs, though it says that it has not changed.</summary>
    Differs,
}
