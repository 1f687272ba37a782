using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>
/// Failures that users of other backup programs have had with S3. Their numbers are those of the other tests whose names begin with
/// <c>Failure</c>.
/// </summary>
public sealed class PublicFailureTests : IAsyncLifetime
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

    [Fact]
    public async Task Failure_3_a_store_that_fails_to_complete_an_upload_ends_it_as_failed()
    {
        Stub.Fault = r => r.Operation == S3Operation.CompleteMultipartUpload ? S3Fault.Error(500, "InternalError") : null;
        var error = await Assert.ThrowsAsync<HoldfastException>(() => Destination.PublishAsync("file", Files.Bytes(Large)));
        Assert.Equal(8, error.Error.ExitCode);
        Assert.Equal(1 + StubDestinations.Limits.Retries, Stub.Count(S3Operation.CompleteMultipartUpload));
        Assert.Contains(Stub.Requests, r => r.Operation == S3Operation.HeadObject && r.Key == "holdfast/file"); // it was looked for
        Assert.Null(await Destination.FindAsync("file", Token));
        Assert.Empty(await Destination.ListUnfinishedAsync(Token).ToListAsync(Token)); // and its parts are not billed for ever
    }

    [Fact]
    public async Task Failure_9_a_store_that_once_finds_the_time_skewed_gets_a_new_signature()
    {
        var refused = 0;
        Stub.Fault = r => r.PartNumber == 2 && Interlocked.Increment(ref refused) == 1 ? S3Fault.Error(403, "RequestTimeTooSkewed") : null;
        await Destination.PublishAsync("file", Files.Bytes(Large));
        Assert.True(refused >= 2);
        Assert.Equal(Files.Bytes(Large), await Destination.ReadAsync("file"));
    }

    [Fact]
    public async Task Failure_9_a_part_that_stalls_for_16_minutes_is_signed_anew()
    {
        // The store refuses signatures that are older than 15 minutes.
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var stub = await S3Stub.StartAsync(time: time);
        var limits = StubDestinations.Limits with { RetryDelay = TimeSpan.Zero };
        var root = StubDestinations.CreateRoot(StubDestinations.Config(stub), new S3Environment { Limits = limits, Time = time });
        await using var destination = await root.OpenAsync(await root.InitializeAsync(Token), Token);
        var stalls = 0;
        stub.Fault = r =>
            r.PartNumber == 2 && Interlocked.Increment(ref stalls) == 1
                ? new()
                {
                    Wait = token =>
                    {
                        time.Advance(TimeSpan.FromMinutes(16));
                        return Task.Delay(Timeout.Infinite, token);
                    },
                }
                : null;
        await destination.PublishAsync("file", Files.Bytes(Large));
        var times = stub.Requests.Where(r => r.PartNumber == 2).Select(r => r.Headers["x-amz-date"].ToString()).ToList();
        Assert.NotEqual(times[0], times[^1]);
        Assert.Equal(Files.Bytes(Large), await destination.ReadAsync("file"));
    }

    [Fact]
    public async Task Failure_9_a_request_that_arrives_after_16_minutes_is_refused_and_signed_anew()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var stub = await S3Stub.StartAsync(time: time);
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(stub));
        var late = 0;
        stub.Fault = r =>
        {
            if (r.PartNumber == 2 && Interlocked.Increment(ref late) == 1)
            {
                time.Advance(TimeSpan.FromMinutes(16));
            }
            return null;
        };
        await destination.PublishAsync("file", Files.Bytes(Large));
        Assert.True(late >= 2);
        Assert.Equal(Files.Bytes(Large), await destination.ReadAsync("file"));
    }

    [Fact]
    public async Task Failure_16_a_prefix_that_begins_another_prefix_does_not_see_its_files()
    {
        await using var a = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, "a"));
        await using var ab = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, "ab"));
        Stub.Bucket().Objects["a.txt"] = new()
        {
            Content = [],
            ETag = "e",
            Modified = DateTimeOffset.UnixEpoch,
        };
        await a.PublishAsync("db/file", [1]);
        await ab.PublishAsync("db/file", [2]);
        var unfinished = await ab.BeginUploadAsync("db/large", UploadHint.None, Token);
        await unfinished.WriteAsync(Files.Bytes(Large), Token);

        Assert.Equal(["db"], await a.ListAsync("", Token).Select(e => e.Name).ToListAsync(Token));
        Assert.Equal(["db/file"], await a.ListTreeAsync("", Token).Select(e => e.Name).ToListAsync(Token));
        Assert.Empty(await a.ListUnfinishedAsync(Token).ToListAsync(Token));
        Assert.Empty(await a.DeleteManyAsync(["db/file"], Token));
        Assert.Equal([2], await ab.ReadAsync("db/file"));
        await unfinished.DisposeAsync();
    }

    [Fact]
    public async Task Failure_20_indexes_stay_out_of_the_cold_class_and_cold_files_are_named_without_a_second_try()
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub) with { StorageClass = "GLACIER" });
        await destination.PublishAsync("db/index", [1], UploadHint.Claim);
        await destination.PublishAsync("db/archive", Files.Bytes(Large));
        var entries = await destination.ListAsync("db", Token).ToListAsync(Token);
        Assert.Equal([("archive", true), ("index", false)], entries.Select(e => (e.Name, e.IsCold)));
        Assert.Equal([1], await destination.ReadAsync("db/index"));

        Stub.ResetRequests();
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.OpenAsync("db/archive", Token));
        Assert.Equal(ErrorCatalog.DestinationCold, error.Error);
        Assert.Equal("Restore the object from its cold storage class first.", error.Hint);
        Assert.Single(Stub.Requests);
    }

    [Theory]
    [InlineData(S3Operation.GetObject)] // repeated by the HTTP client itself, on a connection that was used before
    [InlineData(S3Operation.HeadObject)]
    [InlineData(S3Operation.ListObjects)]
    [InlineData(S3Operation.PutObject)]
    [InlineData(S3Operation.UploadPart)]
    [InlineData(S3Operation.DeleteObjects)]
    public async Task Every_request_that_goes_out_is_counted_also_those_without_an_answer(S3Operation operation)
    {
        Stub.ResetRequests();
        var before = Destination.Requests!;
        var closed = 0;
        Stub.Fault = r => r.Operation == operation && Interlocked.Increment(ref closed) <= 4 ? new() { Cut = true } : null;
        await Destination.PublishAsync("small", [1], UploadHint.Claim);
        await Destination.PublishAsync("large", Files.Bytes(Large));
        await Destination.ReadAsync("large");
        await Destination.ListTreeAsync("", Token).CountAsync(Token);
        await Destination.DeleteManyAsync(["small", "large"], Token);
        Assert.True(closed >= 5);

        var counts = Destination.Requests!.Since(before);
        var expected = Stub.Requests.GroupBy(r => Kind(r.Operation)).ToDictionary(g => g.Key, g => (long)g.Count());
        Assert.Equal(
            (expected[RequestKind.Put], expected[RequestKind.List], expected[RequestKind.Get], expected[RequestKind.Delete]),
            (counts.Puts, counts.Lists, counts.Gets, counts.Deletes)
        );
        // Never more than the limits allow: 10 closed connections in a row were once repeated for each of our attempts.
        Assert.InRange(Stub.Count(operation), 5, 20);
    }

    private static RequestKind Kind(S3Operation operation) =>
        operation switch
        {
            S3Operation.GetObject or S3Operation.HeadObject => RequestKind.Get,
            S3Operation.ListObjects or S3Operation.ListMultipartUploads => RequestKind.List,
            S3Operation.DeleteObject or S3Operation.DeleteObjects or S3Operation.AbortMultipartUpload => RequestKind.Delete,
            _ => RequestKind.Put,
        };
}
