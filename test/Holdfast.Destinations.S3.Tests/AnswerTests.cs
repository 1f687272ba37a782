using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>No answer counts without proof: a store that says something else than it has done is never believed.</summary>
public sealed class AnswerTests : IAsyncLifetime
{
    private const string Html = "<html><body>Please sign in</body></html>";
    private const string Error = """<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We failed</Message></Error>""";
    private const int Large = 20_000_000;

    private S3Stub? _stub;
    private IDestination? _destination;

    public static TheoryData<string> WrongBodies => ["", Html, Error, $"     {Error}"];

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
    [MemberData(nameof(WrongBodies))]
    public async Task Failure_5_an_upload_that_was_not_completed_is_not_published(string body)
    {
        Stub.Fault = r => r.Operation == S3Operation.CompleteMultipartUpload ? S3Fault.Says(body) : null;
        await FailsAsync(() => Destination.PublishAsync("file", Files.Bytes(Large)));
        Assert.Null(await Destination.FindAsync("file", Token));
    }

    [Theory]
    [MemberData(nameof(WrongBodies))]
    public async Task Failure_5_an_upload_that_was_completed_is_published_whatever_the_answer_says(string body)
    {
        Stub.Fault = r => r.Operation == S3Operation.CompleteMultipartUpload ? S3Fault.Says(body, takesEffect: true) : null;
        await Destination.PublishAsync("file", Files.Bytes(Large));
        Assert.Equal(Files.Bytes(Large), await Destination.ReadAsync("file"));
    }

    [Theory]
    [MemberData(nameof(WrongBodies))]
    public async Task A_small_file_whose_answer_proves_nothing_is_not_published(string body)
    {
        Stub.Fault = r => r.Operation == S3Operation.PutObject ? S3Fault.Says(body) : null;
        await FailsAsync(() => Destination.PublishAsync("file", [1, 2, 3]));
    }

    [Theory]
    [MemberData(nameof(WrongBodies))]
    public async Task A_listing_that_is_none_is_never_an_empty_folder(string body)
    {
        await Destination.PublishAsync("folder/file", [1]);
        Stub.Fault = r => r.Operation == S3Operation.ListObjects ? S3Fault.Says(body) : null;
        await FailsAsync(async () => await Destination.ListAsync("folder", Token).CountAsync(Token));
        await FailsAsync(async () => await Destination.ListTreeAsync("", Token).CountAsync(Token));
    }

    [Theory]
    [InlineData("../file")]
    [InlineData("folder/../file")]
    [InlineData("folder/./file")]
    [InlineData("folder//file")]
    [InlineData("folder/..")]
    [InlineData("/file")]
    public async Task A_key_that_no_path_can_name_is_left_out_of_every_listing(string key)
    {
        await Destination.PublishAsync("folder/good", [1]);
        var good = Stub.Bucket().Objects.Keys.Single(k => k.EndsWith("/good", StringComparison.Ordinal));
        Stub.Bucket().Objects[good.Replace("folder/good", key, StringComparison.Ordinal)] = Stub.Bucket().Objects[good];
        Assert.Equal(["folder/good"], await Destination.ListTreeAsync("", Token).Select(e => e.Name).ToListAsync(Token));
        Assert.Equal(["good"], await Destination.ListAsync("folder", Token).Select(e => e.Name).ToListAsync(Token));
        Assert.Equal(["folder"], await Destination.ListAsync("", Token).Select(e => e.Name).ToListAsync(Token));
    }

    [Fact]
    public async Task A_listing_that_never_ends_is_unverified()
    {
        await Destination.PublishAsync("folder/file", [1]);
        var page = $"""
            <ListBucketResult><Name>{S3Stub.DefaultBucket}</Name><Prefix>holdfast/</Prefix><KeyCount>0</KeyCount>
            <IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken></ListBucketResult>
            """;
        Stub.Fault = r => r.Operation == S3Operation.ListObjects ? S3Fault.Says(page) : null;
        await FailsAsync(async () => await Destination.ListTreeAsync("", Token).CountAsync(Token));
    }

    [Fact]
    public async Task A_part_with_another_checksum_is_not_accepted()
    {
        Stub.Fault = r => r.PartNumber == 2 ? new() { ETag = "00000000000000000000000000000000" } : null;
        await FailsAsync(() => Destination.PublishAsync("file", Files.Bytes(Large)));
        Assert.Null(await Destination.FindAsync("file", Token));
    }

    [Fact]
    public async Task Failure_4_a_small_file_of_which_fewer_bytes_are_stored_is_not_accepted()
    {
        Stub.Fault = r => r.Operation == S3Operation.PutObject ? new() { StoreOnly = 2 } : null;
        await FailsAsync(() => Destination.PublishAsync("file", [1, 2, 3]));
    }

    [Theory]
    [InlineData(2 << 20)]
    [InlineData(0)]
    public async Task Failure_4_a_store_that_keeps_fewer_bytes_than_it_acknowledges_is_found_out(int bytes)
    {
        await using var destination = await StubDestinations.OpenAsync(
            StubDestinations.Config(Stub) with
            {
                Encryption = ServerSideEncryption.Kms, // ETags are no hashes then: only the length tells
            }
        );
        Stub.Options = Stub.Options with { MinPartBytes = 0 };
        Stub.Fault = r => r.PartNumber == 1 ? new() { StoreOnly = bytes } : null;
        await FailsAsync(() => destination.PublishAsync("file", Files.Bytes(Large)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task A_small_file_of_which_fewer_bytes_are_kept_is_found_out_although_its_etag_is_no_hash(int bytes)
    {
        await using var destination = await StubDestinations.OpenAsync(
            StubDestinations.Config(Stub) with
            {
                Encryption = ServerSideEncryption.Kms,
            }
        );
        Stub.Options = Stub.Options with { Md5ETags = false };
        await destination.PublishAsync("intact", [1, 2, 3]);
        Stub.Fault = r => r.Operation == S3Operation.PutObject ? new() { StoreOnly = bytes } : null;
        await FailsAsync(() => destination.PublishAsync("file", [1, 2, 3]));
    }

    [Fact]
    public async Task A_range_that_is_the_whole_file_is_not_taken_for_the_range()
    {
        await Destination.PublishAsync("file", Files.Bytes(1_000_000));
        await using var file = await Destination.OpenAsync("file", Token);
        Stub.Fault = r => r.Operation == S3Operation.GetObject ? new() { IgnoresRange = true } : null;
        await FailsAsync(async () => await file.ReadAsync(500_000, new byte[100_000], Token));
    }

    [Fact]
    public async Task A_file_that_is_replaced_while_it_is_read_is_not_mixed_up()
    {
        await Destination.PublishAsync("file", Files.Bytes(1_000_000));
        await using var file = await Destination.OpenAsync("file", Token);
        await Destination.DeleteAsync("file", Token);
        await Destination.PublishAsync("file", new byte[1_000_000]);
        await FailsAsync(async () => await file.ReadAsync(500_000, new byte[100_000], Token));
    }

    [Fact]
    public async Task A_deletion_that_is_not_confirmed_is_a_failure()
    {
        await Destination.PublishAsync("a", [1]);
        await Destination.PublishAsync("b", [1]);
        Stub.Fault = r => r.Operation == S3Operation.DeleteObjects ? S3Fault.Says(Html) : null;
        await FailsAsync(() => Destination.DeleteManyAsync(["a", "b"], Token));
    }

    private static async Task FailsAsync(Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<HoldfastException>(action);
        Assert.Equal(8, error.Error.ExitCode);
        Assert.NotEmpty(error.Hint!);
    }
}
