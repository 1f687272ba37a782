using Holdfast.Core.Errors;

namespace Holdfast.Node.Operations;

/// <summary>Makes a failure of whatever an engine, a destination or a library threw.</summary>
internal static class UnexpectedFailure
{
    /// <summary>The failure itself where it is one of ours; else an unexpected one that names the exception.</summary>
    /// <param name="what">What was done, as the beginning of a sentence: <c>The backup of 'shop/orders'</c>.</param>
    /// <param name="e">What was thrown. A cancellation is one too where nobody of us has cancelled.</param>
    public static HoldfastException Wrap(string what, Exception e) =>
        e as HoldfastException
        ?? new(ErrorCatalogue.Unexpected, $"{what} ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e);
}
