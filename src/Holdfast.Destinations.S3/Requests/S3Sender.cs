using Amazon.S3;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Credentials;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// Sends requests of the SDK: again after temporary failures, once more with new credentials if the old ones have expired, and with all
/// failures translated. Nothing but cancellation by the caller's token, <see cref="S3Failure"/> and <see cref="HoldfastException"/> leaves
/// it.
/// </summary>
/// <param name="client">The SDK's client.</param>
/// <param name="credentials">Renews the client's credentials.</param>
/// <param name="pipeline">Repeats, delays and ends attempts.</param>
/// <param name="name">Name of the destination, for errors.</param>
internal sealed class S3Sender(IAmazonS3 client, CredentialRenewal credentials, RequestPipeline pipeline, string name) : IDisposable
{
    private delegate Task<T> Attempt<T>(Func<RequestAttempt, Task<T>> send, CancellationToken cancellationToken);

    /// <summary>The SDK's client.</summary>
    public IAmazonS3 Client => client;

    /// <summary>Name of the destination, for errors.</summary>
    public string Name => name;

    /// <summary>Sends a request, and again after temporary failures.</summary>
    /// <param name="action">What is done, for errors.</param>
    /// <param name="send">Sends it once.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException">The failure.</exception>
    public Task<T> SendAsync<T>(string action, Func<RequestAttempt, Task<T>> send, CancellationToken cancellationToken) =>
        RetryAsync(action, token => SendOnceAsync(send, null, token), cancellationToken);

    /// <summary>Sends a request, and again after temporary failures. The caller reacts to the code of a failure.</summary>
    /// <inheritdoc cref="SendAsync"/>
    /// <exception cref="S3Failure">The failure.</exception>
    public Task<T> TrySendAsync<T>(Func<RequestAttempt, Task<T>> send, CancellationToken cancellationToken) =>
        pipeline.RetryAsync(token => SendOnceAsync(send, null, token), cancellationToken);

    /// <summary>Sends a request once. The caller finds out what an unknown outcome is, see <see cref="S3Failure"/>.</summary>
    /// <param name="send">Sends it.</param>
    /// <param name="idleTimeout">The time without progress after which it is cancelled; null for the default.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="S3Failure">The failure.</exception>
    public Task<T> SendOnceAsync<T>(Func<RequestAttempt, Task<T>> send, TimeSpan? idleTimeout, CancellationToken cancellationToken) =>
        OnceMoreAsync((attempt, token) => pipeline.SendOnceAsync(attempt, token, idleTimeout), send, cancellationToken);

    /// <summary>
    /// Sends a request whose answer is read as a stream, and again after temporary failures. The attempt goes on until the stream of
    /// <see cref="RequestAttempt.Receiving"/> is disposed.
    /// </summary>
    /// <inheritdoc cref="TrySendAsync"/>
    public Task<T> TryOpenAsync<T>(Func<RequestAttempt, Task<T>> send, CancellationToken cancellationToken) =>
        pipeline.RetryAsync(token => OnceMoreAsync<T>(pipeline.OpenOnceAsync, send, token), cancellationToken);

    /// <summary>Does something that consists of several requests, and again after temporary failures.</summary>
    /// <param name="action">What is done, for errors.</param>
    /// <param name="attempt">Does it once; fails with <see cref="S3Failure"/>.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException">The failure.</exception>
    public async Task<T> RetryAsync<T>(string action, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.RetryAsync(attempt, cancellationToken);
        }
        catch (S3Failure e)
        {
            throw e.ToError(name, action);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        pipeline.Dispose();
    }

    private async Task<T> OnceMoreAsync<T>(Attempt<T> attempt, Func<RequestAttempt, Task<T>> send, CancellationToken cancellationToken)
    {
        var used = credentials.Generation;
        try
        {
            return await attempt(a => TranslateAsync(send, a, cancellationToken), cancellationToken);
        }
        catch (S3Failure e) when (e.MayBeAccidental || e.MayBeExpiredCredentials)
        {
            if (!e.MayBeAccidental && !credentials.TryRenew(used))
            {
                throw;
            }
            return await attempt(a => TranslateAsync(send, a, cancellationToken), cancellationToken);
        }
        catch (ObjectDisposedException e)
        {
            throw S3Failure.Closed(e);
        }
    }

    private static async Task<T> TranslateAsync<T>(
        Func<RequestAttempt, Task<T>> send,
        RequestAttempt attempt,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await send(attempt);
        }
        catch (Exception e) when (!(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw S3Failure.From(e, attempt);
        }
    }
}
