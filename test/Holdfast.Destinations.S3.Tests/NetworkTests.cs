using System.Diagnostics;
using System.Net;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Requests;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;
using Holdfast.Testing.S3.Network;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>Networks that cut, stall and are slow, byte by byte.</summary>
public sealed class NetworkTests : IAsyncLifetime
{
    private const int Large = 20_000_000;

    private static readonly RequestLimits ShortLimits = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(1),
        IdleTimeout = TimeSpan.FromSeconds(1),
        CompleteTimeout = TimeSpan.FromSeconds(1),
        Retries = 1,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    private S3Stub? _stub;
    private FaultProxy? _proxy;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    private FaultProxy Proxy => _proxy!;

    private S3Config Config => StubDestinations.Config(Stub) with { Endpoint = new(Proxy.Endpoint) };

    public async ValueTask InitializeAsync()
    {
        _stub = await S3Stub.StartAsync();
        _proxy = FaultProxy.Start(_stub.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await Stub.DisposeAsync();
    }

    [Theory]
    [InlineData(3_000, 40)]
    [InlineData(Large, 8)]
    public async Task A_connection_that_is_cut_after_any_number_of_bytes_costs_nothing_but_time(int length, int rounds)
    {
        var random = new Random(length);
        await using (await StubDestinations.OpenAsync(Config)) { }
        for (var round = 0; round < rounds; round++)
        {
            // The next two connections are cut, one of them after a part of the answer.
            var (first, after, back) = (Proxy.Connections + 1, random.Next(length + 2_000), random.Next(700));
            Proxy.Fault = n =>
                n == first ? new() { RequestBytes = after }
                : n == first + 1 ? new() { AnswerBytes = back }
                : null;
            await using var destination = await StubDestinations.OpenAsync(Config);
            var path = $"file{round}";
            await destination.PublishAsync(path, Files.Bytes(length), UploadHint.Claim);
            Assert.Equal(Files.Bytes(length), await destination.ReadAsync(path));
            // Of an upload whose start was answered in vain nobody knows but the store, until it is a day old.
            Assert.InRange(await destination.ListUnfinishedAsync(Token).CountAsync(Token), 0, round + 1);
        }
    }

    [Fact]
    public async Task Failure_11_a_connection_that_is_never_made_is_given_up()
    {
        using var full = new FullListener();
        await GivesUpAsync(StubDestinations.Config(Stub) with { Endpoint = new(full.Endpoint) });
    }

    [Fact]
    public async Task Failure_11_a_TLS_handshake_that_is_never_answered_is_given_up()
    {
        Proxy.Fault = _ => new() { AnswerBytes = 0, Stalls = true };
        await GivesUpAsync(Config with { Endpoint = new(Proxy.Endpoint.Replace("http:", "https:", StringComparison.Ordinal)) });
    }

    [Theory]
    [InlineData(0, null)] // nothing of the request arrives
    [InlineData(100, null)] // a part of the headers
    [InlineData(900, null)] // the headers, nothing of the body
    [InlineData(5_000_000, null)] // a part of the body
    [InlineData(null, 0)] // the request arrives, and its answer does not
    [InlineData(null, 40)] // a part of the answer
    public async Task Failure_11_a_connection_that_stalls_is_given_up_and_others_go_on(int? request, int? answer)
    {
        await using var other = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, "other"));
        await using (await StubDestinations.OpenAsync(Config)) { }
        Proxy.Fault = _ =>
            new()
            {
                RequestBytes = request,
                AnswerBytes = answer,
                Stalls = true,
            };
        await using var destination = await StubDestinations.CreateRoot(Config, ShortLimits).OpenAsync(null, Token);
        var stalled = FailsInTimeAsync(() => destination.PublishAsync("file", Files.Bytes(Large)));
        await other.PublishAsync("file", Files.Bytes(Large));
        Assert.Equal(Files.Bytes(Large), await other.ReadAsync("file"));
        await stalled;
    }

    [Fact]
    public async Task Failure_11_a_read_that_stalls_in_the_middle_is_given_up_or_goes_on_elsewhere()
    {
        await using (var whole = await StubDestinations.OpenAsync(Config))
        {
            await whole.PublishAsync("file", Files.Bytes(Large));
        }
        // The first two connections stall after some megabytes; the read goes on where they were.
        var first = Proxy.Connections + 1;
        Proxy.Fault = n => n < first + 2 ? new() { AnswerBytes = 5_000_000, Stalls = true } : null;
        await using var destination = await StubDestinations.CreateRoot(Config, ShortLimits).OpenAsync(null, Token);
        Assert.Equal(Files.Bytes(Large), await destination.ReadAsync("file"));

        Proxy.Fault = _ => new() { AnswerBytes = 0, Stalls = true };
        await using var dead = await StubDestinations.CreateRoot(Config, ShortLimits).OpenAsync(null, Token);
        await FailsInTimeAsync(() => dead.ReadAsync("file"));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_network_of_10_kilobytes_a_second_is_slow_and_not_idle()
    {
        await using (await StubDestinations.OpenAsync(Config)) { }
        Proxy.Fault = _ => new() { BytesPerSecond = 10_000 };
        var limits = ShortLimits with { IdleTimeout = TimeSpan.FromSeconds(12), Retries = 0 };
        await using var destination = await StubDestinations.CreateRoot(Config, limits).OpenAsync(null, Token);
        var watch = Stopwatch.StartNew();
        await destination.PublishAsync("file", Files.Bytes(200_000), UploadHint.Claim);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60));
        Proxy.Fault = _ => null;
        await using var fast = await StubDestinations.OpenAsync(Config);
        Assert.Equal(Files.Bytes(200_000), await fast.ReadAsync("file"));
    }

    [Fact]
    public async Task Failure_22_a_host_that_moves_is_found_at_its_new_address()
    {
        await using var moved = await S3Stub.StartAsync();
        // One name and port, two loopback addresses, of which each leads to another store.
        var address = IPAddress.Loopback;
        var environment = new S3Environment
        {
            Limits = StubDestinations.Limits with { ConnectionLifetime = TimeSpan.FromMilliseconds(50) },
            Resolve = (host, _) =>
            {
                Assert.Equal("store.example.com", host);
                return Task.FromResult<IPAddress[]>([address]);
            },
        };
        await using var second = FaultProxy.Start(moved.Endpoint, IPAddress.Parse("127.0.0.2"), new Uri(Proxy.Endpoint).Port);
        var config = Config with { Endpoint = new($"http://store.example.com:{new Uri(Proxy.Endpoint).Port}") };
        var root = StubDestinations.CreateRoot(config, environment);
        await using var destination = await root.OpenAsync(await root.InitializeAsync(Token), Token);
        await destination.PublishAsync("before", [1]);

        address = IPAddress.Parse("127.0.0.2");
        var tries = 0;
        do
        {
            Assert.True(++tries < 1000, "The old address is used for ever.");
            await destination.PublishAsync($"after{tries}", [1], UploadHint.Claim);
        } while (moved.Requests.Count == 0);
        Assert.Contains("holdfast/before", Stub.Bucket().Objects.Keys);
        Assert.DoesNotContain("holdfast/before", moved.Bucket().Objects.Keys);
    }

    [Fact]
    public void Failure_22_connections_do_not_live_for_ever()
    {
        using var handler = S3ClientFactory.CreateHandler(Config, new(), new());
        Assert.InRange(handler.PooledConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Assert.False(handler.AllowAutoRedirect);
        Assert.False(handler.UseProxy);
        Assert.NotNull(handler.ConnectCallback);
    }

    [Fact]
    public async Task Failure_23_a_store_that_never_says_continue_gets_the_content_after_a_second()
    {
        Proxy.Fault = _ => new() { DropsContinue = true };
        await using var destination = await StubDestinations.OpenAsync(Config);
        var watch = Stopwatch.StartNew();
        await destination.PublishAsync("large", Files.Bytes(Large));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(Files.Bytes(Large), await destination.ReadAsync("large"));
        Assert.Contains(Stub.Requests, r => r.Headers.Expect.Count > 0);
    }

    [Fact]
    public async Task Failure_23_small_content_does_not_wait_for_it()
    {
        await using var destination = await StubDestinations.OpenAsync(Config);
        Stub.ResetRequests();
        await destination.PublishAsync("small", Files.Bytes(100_000));
        Assert.All(Stub.Requests, r => Assert.Equal(0, r.Headers.Expect.Count));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(Large)]
    public async Task Content_is_signed_by_its_MD5_and_not_hashed_once_more(int length)
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        await destination.PublishAsync("file", Files.Bytes(length));
        var sent = Stub
            .Requests.Where(r => r.Key == "holdfast/file" && r.Operation is S3Operation.PutObject or S3Operation.UploadPart)
            .ToList();
        Assert.NotEmpty(sent);
        Assert.All(sent, r =>
        {
            Assert.Equal("UNSIGNED-PAYLOAD", r.Headers["x-amz-content-sha256"].ToString());
            Assert.NotEmpty(r.Headers["Content-MD5"].ToString());
            Assert.Contains("content-md5;", r.Headers.Authorization.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task One_connection_serves_many_requests()
    {
        await using var destination = await StubDestinations.OpenAsync(Config);
        var before = Proxy.Connections;
        for (var i = 0; i < 50; i++)
        {
            await destination.PublishAsync($"{i}", [1], UploadHint.Claim);
        }
        Assert.InRange(Proxy.Connections, before, before + 1);
    }

    private static async Task GivesUpAsync(S3Config config)
    {
        await using var destination = await StubDestinations.CreateRoot(config, ShortLimits).OpenAsync(null, Token);
        await FailsInTimeAsync(() => destination.PublishAsync("file", [1], UploadHint.Claim));
    }

    private static async Task FailsInTimeAsync(Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<HoldfastException>(action);
        Assert.Equal(ErrorCatalog.DestinationFailed, error.Error);
        Assert.NotEmpty(error.Hint!);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30)); // 2 attempts of a second, and the end of the upload
    }
}
