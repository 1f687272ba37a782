namespace Holdfast.Core.Operations;

/// <summary>Why an operation failed, as stored and reported.</summary>
/// <param name="Code">From <see cref="Errors.ErrorCatalog"/>.</param>
/// <param name="Message">What happened.</param>
/// <param name="Hint">The next step; null if there is none.</param>
public sealed record OperationError(string Code, string Message, string? Hint)
{
    /// <summary>Creates the error of a failure. Long output of tools is truncated because errors are stored and shown in lists.</summary>
    public static OperationError From(Errors.HoldfastException e) =>
        new(e.Error.Code, Truncation.Truncate(e.Message), e.Hint is null ? null : Truncation.Truncate(e.Hint));
}
