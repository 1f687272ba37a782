using Holdfast.Core.Errors;

namespace Holdfast.Node.Operations;

/// <summary>Wraps any exception of an engine, a destination or a library.</summary>
internal static class UnexpectedFailure
{
    /// <summary>
    /// Returns a <see cref="HoldfastException"/> itself; wraps any other exception as an unexpected failure that names it.
    /// </summary>
    /// <param name="what">What failed, as the beginning of a sentence: <c>The backup of 'shop/orders'</c>.</param>
    /// <param name="e">The exception; also a cancellation that none of our tokens requested.</param>
    public static HoldfastException Wrap(string what, Exception e) =>
        e as HoldfastException
        ?? new(ErrorCatalog.Unexpected, $"{what} ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e);
}
