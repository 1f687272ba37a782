namespace Holdfast.Destinations.S3.Settings;

/// <summary>Where the credentials come from.</summary>
internal enum S3CredentialSource
{
    /// <summary>The definition of the destination.</summary>
    Keys,

    /// <summary>The environment variables <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c> and <c>AWS_SESSION_TOKEN</c>.</summary>
    Environment,

    /// <summary>The chain that AWS tools search: environment, profiles, web identity, container and machine roles.</summary>
    Default,

    /// <summary>A command of the node's configuration.</summary>
    Command,
}
