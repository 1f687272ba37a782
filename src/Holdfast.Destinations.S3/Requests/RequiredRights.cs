using Holdfast.Core.Errors;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Names the right that is missing when a store denies a request.</summary>
/// <param name="name">Name of the destination, for errors.</param>
internal sealed class RequiredRights(string name)
{
    /// <summary>Sends a request that needs a right.</summary>
    /// <param name="right">The right, as policies name it.</param>
    /// <param name="request">The request.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.DestinationDenied"/> with the right, or what the request fails with.
    /// </exception>
    public async Task<T> AskAsync<T>(string right, Func<Task<T>> request)
    {
        try
        {
            return await request();
        }
        catch (HoldfastException e) when (IsMissing(e))
        {
            throw Missing(right, e);
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(string right, Func<Task> request) => AskAsync(right, async () =>
        {
            await request();
            return true;
        });

    /// <summary>Whether a failure is a denied request rather than a wrong key. The answer to a HEAD request has no code.</summary>
    public static bool IsMissing(HoldfastException e) =>
        e.InnerException is S3Failure { Code: "AccessDenied" or "" or "Forbidden" } failure
        && failure.Error == ErrorCatalog.DestinationDenied;

    /// <summary>The error for a right that is missing.</summary>
    public HoldfastException Missing(string right, Exception cause) =>
        new(
            ErrorCatalog.DestinationDenied,
            $"{name}: the access key lacks the right {right}.",
            "Grant the rights of the policy in docs/s3.md.",
            cause
        );
}
