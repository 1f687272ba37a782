using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>What a store refuses is told apart, because each refusal needs something else.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private const string Path = "shop/orders/file";

    private S3Stub? _stub;
    private IDestination? _destination;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    private IDestination Destination => _destination!;

    public async ValueTask InitializeAsync()
    {
        _stub = await S3Stub.StartAsync();
        _destination = await StubDestinations.OpenAsync(StubDestinations.Config(_stub, mode: S3Mode.Aws));
        await Destination.PublishAsync(Path, Files.Bytes(100));
    }

    public async ValueTask DisposeAsync()
    {
        await Destination.DisposeAsync();
        await Stub.DisposeAsync();
    }

    [Theory]
    [InlineData(503, "SlowDown", "destination-throttled")]
    [InlineData(403, "AccessDenied", "destination-denied")]
    [InlineData(403, "InvalidAccessKeyId", "destination-denied")]
    [InlineData(403, "InvalidObjectState", "destination-cold")]
    [InlineData(507, "InsufficientStorage", "destination-full")]
    [InlineData(500, "InternalError", "destination-failed")]
    public async Task A_refused_read_has_the_code_of_its_reason(int status, string code, string expected)
    {
        Stub.Fault = r => r.Operation == S3Operation.GetObject ? S3Fault.Error(status, code) : null;
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Destination.ReadAsync(Path));
        Assert.Equal((expected, 8), (failure.Error.Code, failure.Error.ExitCode));
        Assert.NotEmpty(failure.Hint!);
    }

    [Theory]
    [InlineData("ObjectLocked", "destination-locked")]
    [InlineData("AccessDenied", "destination-denied")]
    [InlineData("InternalError", "destination-failed")]
    public async Task A_file_that_a_batch_does_not_delete_is_named_with_its_reason(string code, string expected)
    {
        Stub.Fault = r =>
            r.Operation == S3Operation.DeleteObjects
                ? S3Fault.Says(
                    $"<DeleteResult><Deleted><Key>holdfast/{Path}2</Key></Deleted>"
                        + $"<Error><Key>holdfast/{Path}</Key><Code>{code}</Code><Message>No.</Message></Error></DeleteResult>"
                )
                : null;
        var failure = Assert.Single(await Destination.DeleteManyAsync([Path, $"{Path}2"], Token));
        Assert.Equal((Path, expected), (failure.Path, failure.Error.Error.Code));
    }

    [Fact]
    public async Task A_listing_without_proof_is_unverified()
    {
        Stub.Fault = r => r.Operation == S3Operation.ListObjects ? S3Fault.Says("<html>Sign in</html>") : null;
        var failure = await Assert.ThrowsAsync<HoldfastException>(async () => await Destination.ListAsync("", Token).ToListAsync(Token));
        Assert.Equal("destination-unverified", failure.Error.Code);
    }

    [Fact]
    public async Task The_clock_of_the_store_is_that_of_its_answers()
    {
        var now = Destination.ServerTime;
        Assert.NotNull(now);
        Assert.InRange(TimeProvider.System.GetUtcNow() - now.Value, TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(60));
        await using var unasked = await StubDestinations.CreateRoot(StubDestinations.Config(Stub)).OpenAsync(null, Token);
        Assert.Null(unasked.ServerTime);
    }

    [Fact]
    public async Task The_newest_part_shows_when_an_upload_was_active()
    {
        var started = new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
        var upload = new Holdfast.Testing.S3.Storage.StoredUpload("id", $"holdfast/{Path}", started);
        Stub.Bucket().Uploads.Add(upload.Id, upload);
        var found = Assert.Single(await Destination.ListUnfinishedAsync(Token).ToListAsync(Token));
        Assert.Equal(started, await Destination.FindLastActivityAsync(found, Token));
        foreach (var (number, day) in ((int, int)[])[(1, 3), (2, 5), (3, 4)])
        {
            upload.Parts[number] = new()
            {
                Content = [new byte[10]],
                ETag = number.ToString(CultureInfo.InvariantCulture),
                Modified = started.AddDays(day),
            };
        }
        Assert.Equal(started.AddDays(5), await Destination.FindLastActivityAsync(found, Token));
    }
}
