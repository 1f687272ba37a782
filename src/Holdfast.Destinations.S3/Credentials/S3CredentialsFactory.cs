using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3.Credentials;

/// <summary>Creates the credentials that a definition asks for.</summary>
internal static class S3CredentialsFactory
{
    /// <summary>Creates the credentials. No command is run before their first use.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationDenied"/> if there are none.</exception>
    public static async Task<AWSCredentials> CreateAsync(
        S3Config config,
        DestinationSecrets secrets,
        S3Environment environment,
        CancellationToken cancellationToken
    )
    {
        if (config.Credentials == S3CredentialSource.Command)
        {
            return new CommandCredentials(config.Command!, environment);
        }
        if (config.Credentials != S3CredentialSource.Keys)
        {
            return FindOfMachine(config);
        }
        var secret = await secrets.FindAsync(S3Config.SecretKeyKey, cancellationToken)
            ?? throw new HoldfastException(
                ErrorCatalog.DestinationDenied,
                $"{config.Url}: no secret is stored for access key '{config.AccessKey}'.",
                "Give the secret key again."
            );
        return await secrets.FindAsync(S3Config.SessionTokenKey, cancellationToken) is { } token
            ? new SessionAWSCredentials(config.AccessKey, secret, token)
            : new BasicAWSCredentials(config.AccessKey, secret);
    }

    // The SDK throws different exceptions where it finds none, or a profile that it cannot use.
    private static AWSCredentials FindOfMachine(S3Config config)
    {
        try
        {
            return config.Credentials == S3CredentialSource.Environment
                ? new EnvironmentVariablesAWSCredentials()
                : DefaultAWSCredentialsIdentityResolver.GetCredentials();
        }
        catch (Exception e)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationDenied,
                $"{config.Url}: this machine has no credentials that can be used: {e.Message}",
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the server, or give an access key.",
                e
            );
        }
    }
}
