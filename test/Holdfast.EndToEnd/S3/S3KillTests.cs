using System.Text.Json.Nodes;
using Holdfast.Testing.S3;

namespace Holdfast.EndToEnd.S3;

/// <summary>kill -9 of a server whose parts are in flight to a bucket.</summary>
public sealed class S3KillTests : IDisposable
{
    private const string Bytes = "large.db";

    private readonly Workspace _place = new();
    private readonly ServerProcess _server;
    private readonly ShiftedTime _storeTime = new();

    public S3KillTests()
    {
        Directory.CreateDirectory(_place.Destination);
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
    }

    public void Dispose()
    {
        _server.Dispose();
        _place.Dispose();
    }

    [Fact]
    public async Task What_a_kill_leaves_of_an_upload_is_removed_after_a_day_and_nothing_else()
    {
        _place.Make(Bytes, rows: 7_000, rowBytes: 4000); // several parts
        await using var store = await S3Stub.StartAsync(S3StubOptions.Aws with { ChecksSignatures = false }, _storeTime);
        await _server.StartAsync();
        await _server.SendAsync(
            HttpMethod.Put,
            "destinations/offsite",
            new JsonObject
            {
                ["kind"] = "s3",
                ["bucket"] = S3Stub.DefaultBucket,
                ["prefix"] = "production",
                ["endpoint"] = store.Endpoint,
                ["accessKey"] = S3Stub.Credentials.AccessKey,
                ["secretKey"] = S3Stub.Credentials.SecretKey,
            }
        );
        var inFlight = new TaskCompletionSource();
        store.Fault = r =>
            r is { Operation: S3Operation.UploadPart, PartNumber: > 1 }
                ? new()
                {
                    Wait = async aborted =>
                    {
                        inFlight.TrySetResult();
                        await Task.Delay(Timeout.Infinite, aborted);
                    },
                }
                : null;
        await _server.UntilAsync(async () => (await _server.ListAsync("databases")).Count == 1, "the database is not discovered");
        await _server.SendAsync(
            HttpMethod.Post,
            $"databases/{Uri.EscapeDataString($"local/{Bytes}")}/backup",
            new JsonObject { ["type"] = "Snapshot", ["destinations"] = new JsonArray("offsite") }
        );
        await inFlight.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await _server.KillAsync();
        var left = Assert.Single(store.Bucket().Uploads).Key;

        // The next start leaves it alone: by its looks it could belong to another server that is uploading now.
        store.Fault = null;
        await _server.StartAsync();
        Assert.Equal((1, 0), await LookedAsync());
        Assert.Contains(left, store.Bucket().Uploads.Keys);
        await _server.QuietAsync();
        Assert.Equal(0, await _server.StopAsync());

        // A later start removes it, and neither what is younger nor what others have left.
        _storeTime.By = TimeSpan.FromHours(25);
        var key = store.Bucket().Objects.Keys.FirstOrDefault(k => k.Contains("/local/", StringComparison.Ordinal))
            ?? "production/local/large.db/2026-11-20-11-00-00.A-snapshot/2026-11-20-11-00-00.snapshot.tar.zst";
        var now = _storeTime.GetUtcNow();
        foreach (
            var (id, other, started) in ((string, string, DateTimeOffset)[])
                [
                    ("young", key.Replace(".index", ".tar.zst", StringComparison.Ordinal), now.AddHours(-20)),
                    ("foreign", "videos/2026.mp4", now.AddDays(-9)),
                    ("elsewhere", $"staging/{key}", now.AddDays(-9)),
                ]
        )
        {
            store.Bucket().Uploads.Add(id, new(id, other, started));
        }
        var objects = store.Bucket().Objects.Keys.ToList();
        await _server.StartAsync();
        Assert.Equal((1, 1), await LookedAsync());
        Assert.Equal(["elsewhere", "foreign", "young"], store.Bucket().Uploads.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(objects, store.Bucket().Objects.Keys.Where(k => objects.Contains(k)));
        Assert.Contains("1 unfinished uploads older than a day were removed, 1 are left", _server.Output, StringComparison.Ordinal);
    }

    // What the server has found since its start: uploads that are left, and that it has removed.
    private async Task<(int Left, int Removed)> LookedAsync()
    {
        JsonNode? found = null;
        await _server.UntilAsync(
            async () => (found = (await _server.GetAsync("destinations/offsite/status"))["unfinishedUploads"]) is not null,
            "the server does not look for unfinished uploads"
        );
        Assert.Null(found!["problem"]);
        return (found["count"]!.GetValue<int>(), found["removed"]!.GetValue<int>());
    }

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
    }
}
