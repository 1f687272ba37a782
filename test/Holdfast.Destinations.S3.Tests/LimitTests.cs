using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>The limits of a definition are those of its requests.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private S3Stub? _stub;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    public async ValueTask InitializeAsync() => _stub = await S3Stub.StartAsync();

    public async ValueTask DisposeAsync() => await Stub.DisposeAsync();

    [Fact]
    public async Task Uploads_take_no_more_than_their_bandwidth()
    {
        var time = new FakeTimeProvider();
        var config = StubDestinations.Config(Stub, mode: S3Mode.Aws) with { Policy = new() { Bandwidth = 100_000 } };
        await using var destination = await OpenAsync(config, time);
        var start = time.GetTimestamp();
        var uploading = destination.PublishAsync("file", Files.Bytes(1_000_000));
        while (!uploading.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(uploading, Task.Delay(1, Token));
        }
        Assert.Equal(1_000_000, (await uploading).Length);
        // The last block need not be waited for.
        Assert.InRange(time.GetElapsedTime(start), TimeSpan.FromSeconds(8.5), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task No_more_requests_are_in_flight_than_allowed()
    {
        var config = StubDestinations.Config(Stub, mode: S3Mode.Aws) with { Policy = new() { MaxRequests = 2 } };
        await using var destination = await OpenAsync(config, TimeProvider.System);
        var (now, most) = (0, 0);
        var gate = new Lock();
        Stub.Fault = r =>
            new()
            {
                Wait = async token =>
                {
                    lock (gate)
                    {
                        most = Math.Max(most, ++now);
                    }
                    await Task.Delay(20, token);
                    lock (gate)
                    {
                        now--;
                    }
                },
            };
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => destination.FindAsync($"file{i}", Token)));
        Assert.Equal(2, most);
    }

    private static async Task<IDestination> OpenAsync(S3Config config, TimeProvider time)
    {
        var id = await StubDestinations.CreateRoot(config with { Policy = new() }).InitializeAsync(Token);
        var secrets = DestinationSecrets.From(new Dictionary<string, string> { [S3Config.SecretKeyKey] = S3Stub.Credentials.SecretKey });
        return await new S3DestinationRoot(config, secrets, new() { Limits = StubDestinations.Limits, Time = time }).OpenAsync(id, Token);
    }
}
