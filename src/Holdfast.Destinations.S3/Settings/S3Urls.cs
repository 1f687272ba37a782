using Holdfast.Core.Errors;
using Holdfast.Destinations.Urls;

namespace Holdfast.Destinations.S3.Settings;

/// <summary>URLs of the form <c>s3://bucket/prefix</c>, and the variables that every S3 tool knows.</summary>
internal sealed class S3Urls : IDestinationUrls
{
    private const string AccessKeyVariable = "AWS_ACCESS_KEY_ID";
    private const string SecretKeyVariable = "AWS_SECRET_ACCESS_KEY";
    private const string SessionTokenVariable = "AWS_SESSION_TOKEN";
    private const string CaVariable = "AWS_CA_BUNDLE";

    // The first one that is set gives the setting.
    private static readonly (string Setting, string[] Variables)[] Plain =
    [
        (S3Config.EndpointKey, ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
        (S3Config.RegionKey, ["AWS_REGION", "AWS_DEFAULT_REGION"]),
    ];

    /// <inheritdoc/>
    public string Scheme => "s3";

    /// <inheritdoc/>
    public string Example => "s3://bucket/prefix";

    /// <inheritdoc/>
    public DestinationUrl Parse(string url)
    {
        var location = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var slash = location.IndexOf('/', StringComparison.Ordinal);
        var bucket = slash < 0 ? location : location[..slash];
        if (bucket.Contains('@', StringComparison.Ordinal) || bucket.Contains(':', StringComparison.Ordinal))
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                "The URL has credentials or a port before its first slash; only the name of a bucket can be there.",
                $"Write {Example}. Credentials are taken from {AccessKeyVariable} and {SecretKeyVariable}, the address of the store from "
                    + "AWS_ENDPOINT_URL_S3."
            );
        }
        if (bucket.Length == 0)
        {
            throw new HoldfastException(ErrorCatalog.Usage, $"'{url}' names no bucket.", $"Write {Example}.");
        }
        var path = slash < 0 ? "" : location[slash..].Trim('/');
        return path.Split('/').Any(p => p is "." or "..") || path.Contains("//", StringComparison.Ordinal)
            ? throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{url}' has a part that is empty, '.' or '..'.",
                "Names in a bucket are used as they are written: leave such parts out."
            )
            : new(new Dictionary<string, string> { [S3Config.BucketKey] = bucket }, path, S3Config.PrefixKey);
    }

    /// <inheritdoc/>
    public EnvironmentSettings ReadEnvironment(Func<string, string?> find)
    {
        string? Value(string name) => find(name) is { Length: > 0 } value ? value : null;

        var missing = new[] { AccessKeyVariable, SecretKeyVariable }.Where(v => Value(v) is null).ToList();
        if (missing.Count > 0)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"There are no credentials: {string.Join(" and ", missing)} {(missing.Count == 1 ? "is" : "are")} not set.",
                $"Set {AccessKeyVariable} and {SecretKeyVariable} (and {SessionTokenVariable} for temporary ones), or give "
                    + "a file with --destination-settings FILE."
            );
        }
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { [S3Config.AccessKeyKey] = Value(AccessKeyVariable)! };
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal) { [S3Config.SecretKeyKey] = Value(SecretKeyVariable)! };
        if (Value(SessionTokenVariable) is { } token)
        {
            secrets[S3Config.SessionTokenKey] = token;
        }
        foreach (var (setting, variables) in Plain)
        {
            if (variables.Select(Value).FirstOrDefault(v => v is not null) is { } value)
            {
                settings[setting] = value;
            }
        }
        if (Value(CaVariable) is { } file)
        {
            settings[S3Config.CaKey] = ReadCertificate(file);
        }
        return new(settings, secrets);
    }

    /// <inheritdoc/>
    public string Describe(Func<string, string?> find)
    {
        var prefix = find(S3Config.PrefixKey)?.Trim('/') ?? "";
        var url = $"{Scheme}://{find(S3Config.BucketKey)}{(prefix.Length == 0 ? "" : $"/{prefix}")}";
        return find(S3Config.EndpointKey) is { } endpoint ? $"{url} at {endpoint.TrimEnd('/')}" : url;
    }

    private static string ReadCertificate(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{file}', which {CaVariable} names, cannot be read: {e.Message}",
                "It must be a file in PEM format, with the authority that signed the certificate of the store.",
                e
            );
        }
    }
}
