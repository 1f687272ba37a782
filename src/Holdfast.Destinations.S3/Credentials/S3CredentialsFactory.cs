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
        switch (config.Credentials)
        {
            case S3CredentialSource.Environment:
                return new EnvironmentVariablesAWSCredentials();
            case S3CredentialSource.Default:
                return DefaultAWSCredentialsIdentityResolver.GetCredentials();
            case S3CredentialSource.Command:
                return new CommandCredentials(config.Command!, environment);
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
}
