namespace Holdfast.Core.Retention;

/// <summary>Why a retention plan requires an operator's approval.</summary>
public enum RetentionGuard
{
    /// <summary>No approval is required.</summary>
    None,

    /// <summary>It would delete at least four chains, and more than half of all.</summary>
    TooMany,

    /// <summary>The clock may have jumped, so ages may be wrong.</summary>
    ClockJump,
}
