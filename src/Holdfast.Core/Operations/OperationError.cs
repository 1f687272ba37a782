namespace Holdfast.Core.Operations;

/// <summary>Why an operation failed, as it is stored and told.</summary>
/// <param name="Code">From <see cref="Errors.ErrorCatalogue"/>.</param>
/// <param name="Message">What happened.</param>
/// <param name="Hint">What to do; null where nothing sensible can be said.</param>
public sealed record OperationError(string Code, string Message, string? Hint)
{
    /// <summary>The error of a failure. What a tool has said at length is cut: it is stored and shown in lists.</summary>
    public static OperationError From(Errors.HoldfastException e) =>
        new(e.Error.Code, Truncation.Truncate(e.Message), e.Hint is null ? null : Truncation.Truncate(e.Hint));
}
