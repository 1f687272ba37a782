using System.Globalization;
using System.Text.Json;
using Amazon.Runtime;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations.S3.Credentials;

/// <summary>
/// Credentials that a command prints, in the form of <c>credential_process</c>: JSON with <c>Version</c> 1, <c>AccessKeyId</c>,
/// <c>SecretAccessKey</c>, and optionally <c>SessionToken</c> and <c>Expiration</c>. The command is run again before they expire, and when
/// the store says that they have.
/// </summary>
internal sealed class CommandCredentials : RefreshingAWSCredentials
{
    private static readonly TimeSpan EarlyRefresh = TimeSpan.FromMinutes(1);

    private readonly string _command;
    private readonly S3Environment _environment;

    public CommandCredentials(string command, S3Environment environment)
    {
        (_command, _environment) = (command, environment);
        PreemptExpiryTime = EarlyRefresh;
    }

    protected override CredentialsRefreshState GenerateNewCredentials() =>
        throw new NotSupportedException("A command is run asynchronously.");

    protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
    {
        var output = await _environment.RunCommand(_command, CancellationToken.None);
        try
        {
            using var json = JsonDocument.Parse(output);
            var root = json.RootElement;
            var token = root.TryGetProperty("SessionToken", out var t) ? t.GetString() : null;
            var expiration = root.TryGetProperty("Expiration", out var e)
                ? DateTimeOffset.Parse(e.GetString()!, CultureInfo.InvariantCulture).UtcDateTime
                : DateTime.MaxValue;
            return new(
                new(root.GetProperty("AccessKeyId").GetString(), root.GetProperty("SecretAccessKey").GetString(), token),
                expiration
            );
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            // The output is not repeated: it may hold a secret.
            throw new HoldfastException(
                ErrorCatalog.DestinationDenied,
                $"Command '{_command}' did not print credentials.",
                "It has to print JSON with AccessKeyId and SecretAccessKey, and SessionToken and Expiration for temporary ones."
            );
        }
    }
}
