namespace Holdfast.Core.Retention;

/// <summary>Why a plan waits for an operator.</summary>
public enum RetentionGuard
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>It would delete four chains or more, and more than half of them.</summary>
    TooMany,

    /// <summary>The clock seems to have jumped, so ages may be wrong.</summary>
    ClockJump,
}
