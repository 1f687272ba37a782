using Amazon.S3;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Credentials;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Uploads;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// The requests to one bucket. No answer counts without proof: an ETag that is our MD5 or at least not empty, a listing that names our
/// bucket and prefix, a range that is the one asked for.
/// </summary>
internal sealed class S3Bucket : IDisposable
{
    private readonly S3Sender _sender;
    private readonly RequestPipeline _pipeline;

    /// <summary>Creates the requests to a bucket.</summary>
    /// <param name="client">The SDK's client.</param>
    /// <param name="config">The settings.</param>
    /// <param name="credentials">Renews the client's credentials.</param>
    /// <param name="pipeline">Repeats, delays and ends attempts.</param>
    /// <param name="limits">Time limits.</param>
    public S3Bucket(IAmazonS3 client, S3Config config, CredentialRenewal credentials, RequestPipeline pipeline, RequestLimits limits)
    {
        _pipeline = pipeline;
        _sender = new(client, credentials, pipeline, config.Url);
        Objects = new(_sender, config);
        Uploads = new(_sender, config, limits);
        Deletions = new(_sender, config);
    }

    /// <summary>Name for messages.</summary>
    public string Name => _sender.Name;

    /// <summary>The store's clock.</summary>
    public required ServerClock Clock { get; init; }

    /// <summary>Limits the memory of the uploads to it.</summary>
    public required PartMemory PartMemory { get; init; }

    /// <summary>Requests and bytes so far.</summary>
    public RequestCounts Requests => _pipeline.Meter.Counts;

    /// <summary>Stores, finds, reads and lists objects.</summary>
    public S3Objects Objects { get; }

    /// <summary>Uploads in parts.</summary>
    public S3Uploads Uploads { get; }

    /// <summary>Deletes objects.</summary>
    public S3Deletions Deletions { get; }

    /// <inheritdoc cref="S3Sender.RetryAsync"/>
    public Task<T> RetryAsync<T>(string action, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken) =>
        _sender.RetryAsync(action, attempt, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _sender.Dispose();
}
