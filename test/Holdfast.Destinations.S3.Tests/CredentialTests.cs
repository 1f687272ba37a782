using System.Globalization;
using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>Temporary credentials that a command prints: it is asked again when they expire, and no upload begins anew for it.</summary>
public sealed class CredentialTests : IAsyncLifetime
{
    private const int Large = 50_000_000;
    private const int PartsOfLarge = 6;

    private S3Stub? _stub;
    private int _runs;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    public async ValueTask InitializeAsync() => _stub = await S3Stub.StartAsync();

    public ValueTask DisposeAsync() => Stub.DisposeAsync();

    [Fact]
    public async Task Failure_10_credentials_that_expire_during_an_upload_are_renewed_and_it_goes_on()
    {
        await using var destination = await OpenAsync(Print);
        ExpireAfterParts(3);
        await destination.PublishAsync("file", Files.Bytes(Large));
        Assert.Equal(1, _runs);
        Assert.Equal(1, Stub.Count(S3Operation.CreateMultipartUpload));
        Assert.Equal(PartsOfLarge, Stub.Requests.Where(r => r.PartNumber > 0).Select(r => r.PartNumber).Distinct().Count());
        Assert.Single(Stub.Requests.Where(r => r.Value("uploadId").Length > 0).Select(r => r.Value("uploadId")).Distinct());
        Assert.Equal(Files.Bytes(Large), await destination.ReadAsync("file"));
    }

    [Theory]
    [InlineData(S3Operation.HeadObject)] // refused without a body: 400, and no code
    [InlineData(S3Operation.CompleteMultipartUpload)]
    [InlineData(S3Operation.CreateMultipartUpload)]
    [InlineData(S3Operation.PutObject)]
    [InlineData(S3Operation.GetObject)]
    [InlineData(S3Operation.ListObjects)]
    [InlineData(S3Operation.ListMultipartUploads)]
    [InlineData(S3Operation.DeleteObjects)]
    public async Task Credentials_that_expire_before_any_request_are_renewed_once(S3Operation operation)
    {
        await using var destination = await OpenAsync(Print);
        var isExpired = 0;
        Stub.Fault = r =>
        {
            if (r.Operation == operation && Interlocked.Exchange(ref isExpired, 1) == 0)
            {
                Expire();
            }
            return null;
        };
        await destination.PublishAsync("small", [1], UploadHint.Claim);
        await destination.PublishAsync("large", Files.Bytes(20_000_000));
        Assert.Equal([1], await destination.ReadAsync("small"));
        Assert.Equal(2, await destination.ListAsync("", Token).CountAsync(Token));
        Assert.Empty(await destination.ListUnfinishedAsync(Token).ToListAsync(Token));
        Assert.Empty(await destination.DeleteManyAsync(["small", "large"], Token));
        Assert.Equal(1, isExpired);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Credentials_that_stay_expired_end_the_request_after_one_renewal()
    {
        await using var destination = await OpenAsync(Print, S3Mode.Aws);
        Expire();
        Stub.Fault = _ =>
        {
            Expire();
            return null;
        };
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.PublishAsync("file", [1]));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.Contains("have expired", error.Hint, StringComparison.Ordinal);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Expired_credentials_without_a_command_are_an_error_at_once()
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        Stub.ResetRequests();
        Stub.Fault = _ => S3Fault.Error(400, "ExpiredToken");
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.OpenAsync("file", Token));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.Single(Stub.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not JSON, but the secret 4711")]
    [InlineData("""{"AccessKeyId":"secret 4711"}""")]
    [InlineData("""{"AccessKeyId":"","SecretAccessKey":""}""")]
    [InlineData("""{"AccessKeyId":"a","SecretAccessKey":"secret 4711","SessionToken":"t","Expiration":"never"}""")]
    [InlineData("""["secret 4711"]""")]
    public async Task A_command_that_prints_no_credentials_is_named_but_not_repeated(string output)
    {
        var error = await Assert.ThrowsAsync<HoldfastException>(() => OpenAsync((_, _) => Task.FromResult(output)));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.Contains("Command 'print' did not print credentials", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", error.ToString(), StringComparison.Ordinal);
    }

    // Each run of the command creates other credentials, which the store knows from then on.
    private Task<string> Print(string command, CancellationToken cancellationToken)
    {
        Assert.Equal("print", command);
        Interlocked.Increment(ref _runs);
        var number = Stub.AccessKeys.Count.ToString(CultureInfo.InvariantCulture);
        var credentials = new StubCredentials($"ASIA{number}", $"secret{number}", $"token{number}");
        Stub.AddCredentials(credentials);
        return Task.FromResult(
            JsonSerializer.Serialize(
                new
                {
                    Version = 1,
                    AccessKeyId = credentials.AccessKey,
                    SecretAccessKey = credentials.SecretKey,
                    credentials.SessionToken,
                    Expiration = "2999-01-01T00:00:00Z", // the store has another opinion
                }
            )
        );
    }

    private void Expire()
    {
        foreach (var (id, credentials) in Stub.AccessKeys.Where(k => k.Key.StartsWith("ASIA", StringComparison.Ordinal)))
        {
            Stub.AccessKeys[id] = credentials with { Expires = DateTimeOffset.UnixEpoch };
        }
    }

    private void ExpireAfterParts(int parts)
    {
        var stored = 0;
        Stub.Fault = r =>
        {
            if (r.Operation == S3Operation.UploadPart && Interlocked.Increment(ref stored) == parts + 1)
            {
                Expire();
            }
            return null;
        };
    }

    private async Task<IDestination> OpenAsync(Func<string, CancellationToken, Task<string>> command, S3Mode mode = S3Mode.Auto)
    {
        var config = StubDestinations.Config(Stub, mode: mode) with
        {
            AccessKey = null,
            Credentials = S3CredentialSource.Command,
            Command = "print",
        };
        var root = new S3DestinationRoot(config, DestinationSecrets.None, new() { Limits = StubDestinations.Limits, RunCommand = command });
        var destination = await root.OpenAsync(await root.InitializeAsync(Token), Token);
        _runs = 0;
        return destination;
    }
}
