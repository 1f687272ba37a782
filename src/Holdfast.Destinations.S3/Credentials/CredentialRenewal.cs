using Amazon.Runtime;

namespace Holdfast.Destinations.S3.Credentials;

/// <summary>
/// Renews temporary credentials that a store has refused, once for each generation of them: of several requests that fail together, the
/// first one makes the client fetch new credentials, and the others use those.
/// </summary>
/// <param name="credentials">The credentials of the client.</param>
internal sealed class CredentialRenewal(AWSCredentials credentials)
{
    // Guards _generation and the call that clears the credentials, which does no I/O.
    private readonly Lock _gate = new();
    private long _generation;

    /// <summary>The generation that a request which begins now uses.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    /// <summary>Lets the next request fetch new credentials, unless another request has done so since.</summary>
    /// <param name="used">The generation that was refused.</param>
    /// <returns>Whether these credentials can be renewed, so that another attempt may succeed.</returns>
    public bool TryRenew(long used)
    {
        if (credentials is not RefreshingAWSCredentials refreshing)
        {
            return false;
        }
        lock (_gate)
        {
            if (_generation == used)
            {
                refreshing.ClearCredentials();
                _generation++;
            }
        }
        return true;
    }
}
