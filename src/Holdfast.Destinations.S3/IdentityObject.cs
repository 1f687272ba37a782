using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.S3.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3;

/// <summary>The object that identifies a destination, below its prefix; see <see cref="DestinationIdentity"/>.</summary>
internal static class IdentityObject
{
    /// <summary>Reads the identity; null if there is none.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if it is damaged.</exception>
    public static async Task<string?> FindAsync(S3Bucket bucket, S3Config config, CancellationToken cancellationToken)
    {
        if (await bucket.ReadAsync(KeyOf(config), 0, DestinationIdentity.MaxBytes, cancellationToken) is not { } range)
        {
            return null;
        }
        await using (range)
        {
            var bytes = new byte[range.Length];
            await range.Content.ReadExactlyAsync(bytes, cancellationToken);
            return DestinationIdentity.Read(bytes)
                ?? throw new HoldfastException(
                    ErrorCatalog.DestinationIdentity,
                    $"'{config.Url}/{DestinationIdentity.FileName}' is damaged.",
                    "Initialize the destination if this is the right bucket and prefix."
                );
        }
    }

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
        string? found = null;
        var isDamaged = false;
        try
        {
            found = await FindAsync(bucket, config, cancellationToken);
        }
        catch (HoldfastException e)
            when (e.Error == ErrorCatalog.DestinationIdentity && e.Message.EndsWith("damaged.", StringComparison.Ordinal))
        {
            isDamaged = true;
        }
        if (found is not null)
        {
            return found;
        }
        var id = DestinationIdentity.New();
        using var content = new SegmentBuffer();
        var bytes = DestinationIdentity.Write(id);
        content.Append(bytes);
        try
        {
#pragma warning disable CA5351 // S3 names content by its MD5
            await bucket.PutAsync(KeyOf(config), content, MD5.HashData(bytes), onlyIfFree: !isDamaged, null, cancellationToken);
#pragma warning restore CA5351
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.TargetExists)
        {
            // another node was faster
        }
        catch (HoldfastException e) when (e.InnerException is S3Failure { IsUnsupported: true })
        {
#pragma warning disable CA5351
            await bucket.PutAsync(KeyOf(config), content, MD5.HashData(bytes), onlyIfFree: false, null, cancellationToken);
#pragma warning restore CA5351
        }
        // What counts is what is there now.
        return await FindAsync(bucket, config, cancellationToken)
            ?? throw new HoldfastException(
                ErrorCatalog.DestinationUnverified,
                $"'{config.Url}/{DestinationIdentity.FileName}' was written, but is not there.",
                "Check that the endpoint is the store itself, and test the destination."
            );
    }

    private static string KeyOf(S3Config config) =>
        config.Prefix.Length == 0 ? DestinationIdentity.FileName : $"{config.Prefix}/{DestinationIdentity.FileName}";
}
