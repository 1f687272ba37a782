using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>Connections that break, stores that are slow or busy: what is temporary is tried again, and nothing waits for ever.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const int Large = 20_000_000;

    private S3Stub? _stub;
    private IDestination? _destination;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    private IDestination Destination => _destination!;

    public async ValueTask InitializeAsync()
    {
        _stub = await S3Stub.StartAsync();
        _destination = await StubDestinations.OpenAsync(StubDestinations.Config(_stub));
    }

    public async ValueTask DisposeAsync()
    {
        await Destination.DisposeAsync();
        await Stub.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(5_000_000)]
    public async Task Parts_that_are_cut_are_sent_again(int after)
    {
        var failures = 0;
        Stub.Fault = r =>
            r.Operation is S3Operation.UploadPart or S3Operation.PutObject && Interlocked.Increment(ref failures) <= 3
                ? new() { CutRequestAfter = after }
                : null;
        await Destination.PublishAsync("file", Files.Bytes(Large));
        Stub.Fault = null;
        Assert.Equal(Files.Bytes(Large), await Destination.ReadAsync("file"));
    }

    [Theory]
    [InlineData(S3Operation.PutObject)]
    [InlineData(S3Operation.CreateMultipartUpload)]
    [InlineData(S3Operation.UploadPart)]
    [InlineData(S3Operation.CompleteMultipartUpload)]
    [InlineData(S3Operation.HeadObject)]
    public async Task A_lost_answer_neither_fails_nor_repeats_a_backup(S3Operation operation)
    {
        var lost = 0;
        Stub.Fault = r =>
            r.Operation == operation && Interlocked.Increment(ref lost) == 1 ? new() { TakesEffect = true, Cut = true } : null;
        await Destination.PublishAsync("small", [1, 2, 3], UploadHint.Claim);
        await Destination.PublishAsync("large", Files.Bytes(Large));
        Assert.True(lost > 0);
        Assert.Equal([1, 2, 3], await Destination.ReadAsync("small"));
        Assert.Equal(Files.Bytes(Large), await Destination.ReadAsync("large"));
    }

    [Fact]
    public async Task An_upload_whose_answer_to_completing_is_always_lost_is_looked_up()
    {
        Stub.Options = Stub.Options with { RepeatableComplete = false };
        Stub.Fault = r => r.Operation == S3Operation.CompleteMultipartUpload ? new() { TakesEffect = true, Cut = true } : null;
        await Destination.PublishAsync("large", Files.Bytes(Large));
        Assert.Equal(Files.Bytes(Large), await Destination.ReadAsync("large"));
    }

    [Theory]
    [InlineData(503, "SlowDown", "destination-throttled")]
    [InlineData(500, "InternalError", "destination-failed")]
    [InlineData(503, "ServiceUnavailable", "destination-failed")]
    public async Task A_storm_of_errors_ends_with_one(int status, string code, string expected)
    {
        await Destination.PublishAsync("before", [1]);
        Stub.ResetRequests();
        Stub.Fault = _ => S3Fault.Error(status, code);
        Assert.Equal(expected, (await FailsAsync(() => Destination.OpenAsync("file", Token))).Error.Code);
        Assert.Equal(1 + StubDestinations.Limits.Retries, Stub.Requests.Count);
    }

    [Fact]
    public async Task A_storm_that_ends_is_survived()
    {
        var random = new Random(7);
        Stub.Fault = _ =>
        {
            lock (random)
            {
                return random.Next(3) == 0 ? S3Fault.Error(503, "SlowDown") : null;
            }
        };
        await Destination.PublishAsync("file", Files.Bytes(Large));
        Assert.Equal(Files.Bytes(Large), await Destination.ReadAsync("file"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task A_read_that_breaks_goes_on_where_it_was(int after)
    {
        await Destination.PublishAsync("file", Files.Bytes(Large));
        var breaks = 0;
        Stub.Fault = r =>
            r.Operation == S3Operation.GetObject && Interlocked.Increment(ref breaks) <= 3 ? new() { CutAnswerAfter = after } : null;
        Assert.Equal(Files.Bytes(Large), await Destination.ReadAsync("file"));
        Assert.True(breaks > 3);
    }

    [Fact]
    public async Task A_clock_that_is_wrong_is_corrected()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(1));
        await using var ahead = await S3Stub.StartAsync(time: time);
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(ahead));
        await destination.PublishAsync("file", [1, 2]);
        Assert.Equal([1, 2], await destination.ReadAsync("file"));
    }

    [Theory]
    [InlineData(S3Operation.PutObject)]
    [InlineData(S3Operation.UploadPart)]
    [InlineData(S3Operation.CreateMultipartUpload)]
    [InlineData(S3Operation.ListObjects)]
    [InlineData(S3Operation.GetObject)]
    public async Task A_store_that_never_answers_is_given_up(S3Operation operation)
    {
        var limits = new RequestLimits
        {
            IdleTimeout = TimeSpan.FromSeconds(0.5),
            CompleteTimeout = TimeSpan.FromSeconds(0.5),
            Retries = 1,
            RetryDelay = TimeSpan.FromMilliseconds(1),
        };
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub), limits);
        await destination.PublishAsync("there", [1]);
        Stub.Fault = r => r.Operation == operation ? new() { Wait = t => Task.Delay(Timeout.Infinite, t) } : null;
        var error = await FailsAsync(async () =>
        {
            await destination.PublishAsync("small", [1]);
            await destination.PublishAsync("large", Files.Bytes(Large));
            await destination.ListAsync("", Token).CountAsync(Token);
            await destination.ReadAsync("there");
        });
        Assert.Contains("no byte was transferred", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_cancellation_is_passed_on()
    {
        using var stop = new CancellationTokenSource();
        Stub.Fault = _ =>
        {
            stop.Cancel();
            return new() { Wait = t => Task.Delay(Timeout.Infinite, t) };
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Destination.ListAsync("", stop.Token).CountAsync(Token));
    }

    [Theory]
    [InlineData("AccessDenied", 403, "destination-denied")]
    [InlineData("InvalidAccessKeyId", 403, "destination-denied")]
    [InlineData("NoSuchBucket", 404, "destination-failed")]
    [InlineData("QuotaExceeded", 403, "destination-full")]
    [InlineData("InvalidObjectState", 403, "destination-cold")]
    public async Task Errors_have_their_kind(string code, int status, string expected)
    {
        Stub.Fault = r => r.Operation is S3Operation.GetObject ? S3Fault.Error(status, code) : null;
        Assert.Equal(expected, (await FailsAsync(() => Destination.OpenAsync("file", Token))).Error.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wrong_keys_are_denied_and_never_named(bool wrongSecret)
    {
        var config = StubDestinations.Config(Stub);
        config = wrongSecret ? config : config with { AccessKey = "NOBODY" };
        var error = await FailsAsync(() => StubDestinations.OpenAsync(config, secretKey: "wrong-secret-4711"));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.DoesNotContain("4711", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_local_address_is_never_called()
    {
        var config = StubDestinations.Config(Stub) with { Endpoint = new("http://169.254.169.254") };
        Assert.Equal(ErrorCatalog.Usage, (await FailsAsync(() => StubDestinations.OpenAsync(config))).Error);
    }

    [Fact]
    public async Task Of_two_that_publish_under_one_name_exactly_one_succeeds()
    {
        Stub.Options = Stub.Options with { ConditionalComplete = ConditionSupport.Ignored };
        await using var other = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, mode: S3Mode.Aws));
        await using var one = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, mode: S3Mode.Aws));
        for (var i = 0; i < 20; i++)
        {
            var tries = await Task.WhenAll(TryAsync(one, i, 1), TryAsync(other, i, 2));
            Assert.Single(tries, t => t);
            var claim = await one.ReadAsync($"race/{i}.index");
            var archive = await one.ReadAsync($"race/{i}");
            Assert.Equal(claim[0], archive[0]);
        }
    }

    private static async Task<bool> TryAsync(IDestination destination, int i, byte content)
    {
        await using var index = await destination.BeginUploadAsync($"race/{i}.index", UploadHint.Claim, Token);
        await using var archive = await destination.BeginUploadAsync($"race/{i}", Token);
        await index.WriteAsync(new[] { content, (byte)i }, Token);
        await archive.WriteAsync(new[] { content }, Token);
        try
        {
            await destination.PublishAsync([index, archive], Token);
            return true;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.TargetExists)
        {
            return false;
        }
    }

    private static async Task<HoldfastException> FailsAsync(Func<Task> action) => await Assert.ThrowsAsync<HoldfastException>(action);
}
