using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.S3.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3;

/// <summary>The object that identifies a destination, below its prefix; see <see cref="DestinationIdentity"/>.</summary>
internal static class IdentityObject
{
    /// <summary>Reads the identity; null if there is none.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.DestinationIdentity"/> if it is damaged, or from a newer Holdfast.
    /// </exception>
    public static async Task<string?> FindAsync(S3Bucket bucket, S3Config config, CancellationToken cancellationToken) =>
        await ReadAsync(bucket, config, cancellationToken) is not { } file
            ? null
            : DestinationIdentity.Read(file)
                ?? throw new HoldfastException(
                    ErrorCatalog.DestinationIdentity,
                    $"'{config.Url}/{DestinationIdentity.FileName}' is damaged.",
                    "Initialize the destination if this is the right bucket and prefix."
                );

    /// <summary>Checks the identity.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if it is another one, or missing.</exception>
    public static async Task CheckAsync(S3Bucket bucket, S3Config config, string identity, CancellationToken cancellationToken)
    {
        var found = await FindAsync(bucket, config, cancellationToken);
        if (found != identity)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationIdentity,
                found is null
                    ? $"'{config.Url}' has no identity; {identity} is expected."
                    : $"'{config.Url}' has identity {found}; {identity} is expected.",
                "Check endpoint, bucket and prefix. Initialize the destination if they are right."
            );
        }
    }

    /// <summary>Gives the prefix an identity, or returns the one that it has; a damaged one is replaced.</summary>
    public static async Task<string> InitializeAsync(S3Bucket bucket, S3Config config, CancellationToken cancellationToken)
    {
        var file = await ReadAsync(bucket, config, cancellationToken);
        if (file is not null && DestinationIdentity.Read(file) is { } found)
        {
            return found;
        }
        var bytes = DestinationIdentity.Write(DestinationIdentity.New());
        try
        {
            await PutAsync(bucket, config, bytes, onlyIfFree: file is null, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.TargetExists)
        {
            // another node was faster
        }
        catch (HoldfastException e) when (file is null && e.InnerException is S3Failure { IsUnsupported: true })
        {
            await PutAsync(bucket, config, bytes, onlyIfFree: false, cancellationToken);
        }
        // What counts is what is there now.
        return await FindAsync(bucket, config, cancellationToken)
            ?? throw new HoldfastException(
                ErrorCatalog.DestinationUnverified,
                $"'{config.Url}/{DestinationIdentity.FileName}' was written, but is not there.",
                "Check that the endpoint is the store itself, and test the destination."
            );
    }

    // The bytes of the object; null if there is none. One that is too long is cut, and so damaged.
    private static Task<byte[]?> ReadAsync(S3Bucket bucket, S3Config config, CancellationToken cancellationToken) =>
        new RequiredRights(config.Url).AskAsync(
            // A store denies an object that does not exist to those who may not list.
            "s3:GetObject or s3:ListBucket",
            () =>
                bucket.Objects.ReadAsync<byte[]>(
                    KeyOf(config),
                    0,
                    DestinationIdentity.MaxBytes,
                    async (range, token) =>
                    {
                        var bytes = new byte[range.Length];
                        await range.Content.ReadExactlyAsync(bytes, token);
                        return bytes;
                    },
                    cancellationToken
                )
        );

    private static async Task PutAsync(S3Bucket bucket, S3Config config, byte[] bytes, bool onlyIfFree, CancellationToken cancellationToken)
    {
        using var content = new SegmentBuffer();
        content.Append(bytes);
        await new RequiredRights(config.Url).AskAsync("s3:PutObject", () =>
            bucket.Objects.PutAsync(KeyOf(config), content, ETag.Hash(bytes), onlyIfFree, null, cancellationToken)
        );
    }

    private static string KeyOf(S3Config config) =>
        config.Prefix.Length == 0 ? DestinationIdentity.FileName : $"{config.Prefix}/{DestinationIdentity.FileName}";
}
