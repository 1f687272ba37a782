namespace Holdfast.Node.Backups.Comparing;

/// <summary>The result of comparing a database with its newest backup.</summary>
public enum ComparisonResult
{
    /// <summary>Its source is unavailable, which is reported separately.</summary>
    SourceUnavailable,

    /// <summary>Its change token has changed: the next scheduled backup reads it.</summary>
    HasChanged,

    /// <summary>It was read completely and is equal.</summary>
    IsEqual,

    /// <summary>It was read completely and differs, although its change token is unchanged.</summary>
    Differs,
}
