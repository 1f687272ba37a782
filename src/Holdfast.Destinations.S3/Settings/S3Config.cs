using Holdfast.Core.Settings;
using Holdfast.Destinations.Limits;

namespace Holdfast.Destinations.S3.Settings;

/// <summary>Settings of an S3 destination, as an operator wrote them.</summary>
internal sealed record S3Config
{
    public const string BucketKey = "bucket";
    public const string PrefixKey = "prefix";
    public const string EndpointKey = "endpoint";
    public const string RegionKey = "region";
    public const string PathStyleKey = "pathStyle";
    public const string CredentialsKey = "credentials";
    public const string CommandKey = "credentialCommand";
    public const string AccessKeyKey = "accessKey";
    public const string SecretKeyKey = "secretKey";
    public const string SessionTokenKey = "sessionToken";
    public const string StorageClassKey = "storageClass";
    public const string EncryptionKey = "serverSideEncryption";
    public const string KmsKeyKey = "kmsKey";
    public const string CaKey = "caCertificate";
    public const string ModeKey = "mode";
    public const string MaxPartsKey = "maxParts";

    private const string AwsSuffix = ".amazonaws.com";
    private const int MinParts = 1;
    private const int MinAwsBucketLength = 3;
    private const int MaxBucketLength = 255;

    /// <summary>Most parts that an upload can have with any store.</summary>
    public const int MostParts = 10_000;

    /// <summary>The bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>Prefix of all keys, without slashes at its ends; empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Address of the store; null for AWS.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Region in signatures. Default <c>us-east-1</c>.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>Whether the bucket is part of the path rather than of the host name. Default: for every endpoint but AWS.</summary>
    public bool PathStyle { get; init; }

    /// <summary>Where the credentials come from.</summary>
    public S3CredentialSource Credentials { get; init; }

    /// <summary>Name of the command that prints the credentials.</summary>
    public string? Command { get; init; }

    /// <summary>Id of the access key.</summary>
    public string? AccessKey { get; init; }

    /// <summary>Storage class of archives; null for the bucket's default. Indexes and other small files always use the default.</summary>
    public string? StorageClass { get; init; }

    /// <summary>How the store encrypts objects.</summary>
    public ServerSideEncryption Encryption { get; init; }

    /// <summary>The key of the key management service; null for its default.</summary>
    public string? KmsKey { get; init; }

    /// <summary>Certificate authorities to trust besides those of the system, as PEM.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>Which extensions of the protocol are used.</summary>
    public S3Mode Mode { get; init; }

    /// <summary>Maximum number of parts of an upload. Default 10,000, as AWS has it.</summary>
    public int MaxParts { get; init; } = MostParts;

    /// <summary>Whether retention deletes here, and what uploads may take.</summary>
    public DestinationPolicy Policy { get; init; } = DestinationPolicy.Default;

    /// <summary>Whether the endpoint is one of AWS.</summary>
    public bool IsAws =>
        Endpoint is null || Endpoint.Host.EndsWith(AwsSuffix, StringComparison.OrdinalIgnoreCase) || Endpoint.Host == AwsSuffix[1..];

    /// <summary>Whether only what every store understands is used.</summary>
    public bool IsCompatible => Mode == S3Mode.Compatible || (Mode == S3Mode.Auto && !IsAws);

    /// <summary>The URL that names the destination: <c>s3://bucket/prefix</c>. Contains no secrets.</summary>
    public string Url => Prefix.Length == 0 ? $"s3://{Bucket}" : $"s3://{Bucket}/{Prefix}";

    /// <summary>Reads the settings; null if they are invalid, after each error was reported.</summary>
    public static S3Config? Read(SettingsSection settings, DestinationSecrets secrets)
    {
        var before = settings.ErrorCount;
        var endpoint = ReadEndpoint(settings);
        var isAws = endpoint is null || endpoint.Host.EndsWith(AwsSuffix, StringComparison.OrdinalIgnoreCase);
        var config = new S3Config
        {
            Bucket = ReadBucket(settings, isAws),
            Prefix = ReadPrefix(settings),
            Endpoint = endpoint,
            Region = settings.GetString(RegionKey) ?? "us-east-1",
            PathStyle = settings.Has(PathStyleKey) ? settings.GetBoolean(PathStyleKey) : !isAws,
            Credentials = settings.GetEnum(CredentialsKey, S3CredentialSource.Keys),
            Command = settings.GetString(CommandKey),
            AccessKey = settings.GetString(AccessKeyKey),
            StorageClass = settings.GetString(StorageClassKey),
            Encryption = settings.GetEnum(EncryptionKey, ServerSideEncryption.Default),
            KmsKey = settings.GetString(KmsKeyKey),
            CaCertificate = ReadCertificate(settings),
            Mode = settings.GetEnum(ModeKey, S3Mode.Auto),
            MaxParts = settings.GetInteger(MaxPartsKey, MinParts, MostParts) ?? MostParts,
            Policy = DestinationPolicy.Read(settings),
        };
        CheckCredentials(config, settings, secrets);
        if (config.KmsKey is not null && config.Encryption != ServerSideEncryption.Kms)
        {
            settings.Report(KmsKeyKey, $"is used only with {EncryptionKey} \"kms\".");
        }
        return settings.ErrorCount == before ? config : null;
    }

    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; older buckets may have upper case and underscores.
    // Other stores have rules of their own, and refuse what they do not allow.
    private static string ReadBucket(SettingsSection settings, bool isAws)
    {
        var bucket = settings.GetRequiredString(BucketKey);
        var isValid =
            bucket.Length <= MaxBucketLength
            && bucket.Length >= (isAws ? MinAwsBucketLength : 1)
            && bucket is not ("." or "..")
            && bucket.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
        if (bucket.Length > 0 && !isValid)
        {
            settings.Report(
                BucketKey,
                $"'{bucket}' is not a valid name of a bucket.",
                "Give the name alone, without s3:// and without a path."
            );
        }
        return bucket;
    }

    private static string ReadPrefix(SettingsSection settings)
    {
        if (!settings.Has(PrefixKey))
        {
            return "";
        }
        var prefix = (settings.GetString(PrefixKey) ?? "").Trim('/');
        if (prefix.Split('/').Any(p => p is "." or "..") || prefix.Contains("//", StringComparison.Ordinal) || prefix.Any(char.IsControl))
        {
            settings.Report(PrefixKey, $"'{prefix}' is not a valid prefix.", "Give names separated by '/', such as holdfast/production.");
        }
        return prefix;
    }

    private static Uri? ReadEndpoint(SettingsSection settings)
    {
        if (!settings.Has(EndpointKey) || settings.GetString(EndpointKey) is not { } text)
        {
            return null;
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.IdnHost.Length == 0)
        {
            settings.Report(
                EndpointKey,
                $"'{text}' is not an http or https URL.",
                "Give the address of the store: https://s3.example.com."
            );
            return null;
        }
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.AbsolutePath != "/")
        {
            settings.Report(
                EndpointKey,
                "must have neither credentials, a path nor a query.",
                "Give the address alone: https://s3.example.com."
            );
            return null;
        }
        return uri;
    }

    private static string? ReadCertificate(SettingsSection settings)
    {
        if (settings.GetString(CaKey) is not { } pem)
        {
            return null;
        }
        try
        {
            using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(pem);
            return pem;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            settings.Report(
                CaKey,
                "is not a certificate in PEM format.",
                "Paste the certificate, from BEGIN CERTIFICATE to END CERTIFICATE."
            );
            return null;
        }
    }

    private static void CheckCredentials(S3Config config, SettingsSection settings, DestinationSecrets secrets)
    {
        if (config.Credentials == S3CredentialSource.Keys)
        {
            if (config.AccessKey is null)
            {
                settings.Report(
                    AccessKeyKey,
                    "is missing.",
                    $"Give the access key, or set {CredentialsKey} to environment, default or command."
                );
            }
            if (!secrets.Has(SecretKeyKey))
            {
                settings.Report(SecretKeyKey, "is missing.", "Give the secret of the access key.");
            }
        }
        else if (config.AccessKey is not null || secrets.Has(SecretKeyKey))
        {
            settings.Report(
                config.AccessKey is not null ? AccessKeyKey : SecretKeyKey,
                $"is used only with {CredentialsKey} \"keys\".",
                "Leave it out, or change where the credentials come from."
            );
        }
        if (config.Credentials == S3CredentialSource.Command != config.Command is not null)
        {
            settings.Report(
                CommandKey,
                config.Command is null ? "is missing." : $"is used only with {CredentialsKey} \"command\".",
                "Give the name of one of the commands in the node's configuration."
            );
        }
    }
}
