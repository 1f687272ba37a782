using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>The test of a destination: what it finds, and what it tells an operator to do.</summary>
public sealed class ProbeTests : IAsyncLifetime
{
    private S3Stub? _stub;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    public async ValueTask InitializeAsync() => _stub = await S3Stub.StartAsync();

    public ValueTask DisposeAsync() => Stub.DisposeAsync();

    [Theory]
    [InlineData(S3Mode.Aws, ServerSideEncryption.Default, "Set mode to \"compatible\", and test again.")]
    [InlineData(S3Mode.Aws, ServerSideEncryption.Kms, "Set mode to \"compatible\", and test again.")] // reading proves it
    [InlineData(S3Mode.Compatible, ServerSideEncryption.Default, "This store cannot be used.")]
    [InlineData(S3Mode.Compatible, ServerSideEncryption.Kms, "This store cannot be used.")]
    internal async Task Failure_1_content_that_is_not_stored_as_it_was_sent_is_found(
        S3Mode mode,
        ServerSideEncryption encryption,
        string hint
    )
    {
        await using var destination = await StubDestinations.OpenAsync(
            StubDestinations.Config(Stub, mode: mode) with
            {
                Encryption = encryption,
            }
        );
        Stub.Fault = r => r.Operation == S3Operation.PutObject ? new() { StoreOnly = 99_990 } : null;
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.ProbeAsync(deletes: true, Token));
        Assert.Equal(ErrorCatalog.DestinationUnverified, error.Error);
        Assert.Equal(hint, error.Hint);
        Assert.Equal(["holdfast/.holdfast-destination"], Stub.Bucket().Objects.Keys);
    }

    [Fact]
    public async Task Failure_2_a_store_that_refuses_checksum_headers_works_in_the_mode_that_is_chosen_for_it()
    {
        Stub.Options = S3StubOptions.R2;
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        await destination.ProbeAsync(deletes: true, Token);
        await destination.PublishAsync("file", Files.Bytes(20_000_000));
        Assert.Equal(Files.Bytes(20_000_000), await destination.ReadAsync("file"));

        var other = StubDestinations.Config(Stub, "other", S3Mode.Aws);
        var error = await Assert.ThrowsAsync<HoldfastException>(() => StubDestinations.OpenAsync(other));
        Assert.Contains("Set the mode to compatible", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_2_a_store_that_does_not_understand_checksums_is_told_from_others_by_its_hint()
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, mode: S3Mode.Aws));
        Stub.Fault = r => r.Operation == S3Operation.PutObject ? S3Fault.Error(400, "XAmzContentSHA256Mismatch") : null;
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.ProbeAsync(deletes: true, Token));
        Assert.Contains("Set the mode to compatible", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(S3Mode.Aws)]
    [InlineData(S3Mode.Compatible)]
    internal async Task No_content_is_framed_or_followed_by_trailers(S3Mode mode)
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, mode: mode));
        await destination.PublishAsync("small", [1, 2, 3]);
        await destination.PublishAsync("large", Files.Bytes(20_000_000));
        Assert.DoesNotContain(Stub.Requests, r =>
            r.Headers["x-amz-content-sha256"].ToString().StartsWith("STREAMING", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(Stub.Requests, r => r.Headers.ContainsKey("x-amz-trailer"));
        Assert.All(Stub.Requests.Where(r => r.Operation is S3Operation.PutObject or S3Operation.UploadPart), r =>
            Assert.Equal(24, r.Headers["Content-MD5"].ToString().Length)
        );
    }

    [Theory]
    [InlineData(S3Operation.PutObject, "s3:PutObject")]
    [InlineData(S3Operation.GetObject, "s3:GetObject")]
    [InlineData(S3Operation.ListObjects, "s3:ListBucket")]
    [InlineData(S3Operation.AbortMultipartUpload, "s3:AbortMultipartUpload")]
    [InlineData(S3Operation.DeleteObject, "s3:DeleteObject")]
    public async Task A_right_that_is_missing_is_named(S3Operation denied, string right)
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        Stub.AddCredentials(
            S3Stub.Credentials with
            {
                Allows = o => o != denied && (denied != S3Operation.DeleteObject || o != S3Operation.DeleteObjects),
            }
        );
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.ProbeAsync(deletes: true, Token));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.Contains($"lacks the right {right}.", error.Message, StringComparison.Ordinal);
        Assert.Contains("docs/s3.md", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_denies_only_to_delete_several_objects_at_once_is_asked_to_delete_one_by_one()
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        Stub.AddCredentials(S3Stub.Credentials with { Allows = o => o != S3Operation.DeleteObjects });
        Assert.False((await destination.ProbeAsync(deletes: true, Token)).Capabilities.BatchDelete);
        await destination.PublishAsync("a", [1]);
        await destination.PublishAsync("b", [1]);
        Assert.Empty(await destination.DeleteManyAsync(["a", "b"], Token));
        Assert.Empty(await destination.ListAsync("", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Credentials_that_may_only_put_are_refused()
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        Stub.AddCredentials(
            S3Stub.Credentials with
            {
                Allows = o =>
                    o
                        is S3Operation.PutObject
                            or S3Operation.CreateMultipartUpload
                            or S3Operation.UploadPart
                            or S3Operation.CompleteMultipartUpload,
            }
        );
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.ProbeAsync(deletes: false, Token));
        Assert.Contains("lacks the right s3:GetObject.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_retention_the_right_to_delete_is_not_needed_and_what_is_left_is_said(bool batch)
    {
        Stub.Options = Stub.Options with { BatchDelete = batch };
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        Stub.AddCredentials(S3Stub.Credentials with { Allows = o => o is not (S3Operation.DeleteObject or S3Operation.DeleteObjects) });
        var probe = await destination.ProbeAsync(deletes: false, Token);
        Assert.Contains(probe.Notes, n => n.Contains("may not delete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Everything_that_differs_from_AWS_is_found()
    {
        Stub.Options = S3StubOptions.Hostile;
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub));
        var probe = await destination.ProbeAsync(deletes: true, Token);
        var capabilities = probe.Capabilities;
        Assert.Equal(
            (false, false, false, false),
            (capabilities.ConditionalPut, capabilities.ConditionalComplete, capabilities.BatchDelete, capabilities.ListsUnfinished)
        );
        Assert.Equal(4, probe.Notes.Count);
        Assert.Equal("Mode compatible, no conditional uploads, deletion one by one.", probe.Notes[0]);
        Assert.Equal(["holdfast/.holdfast-destination"], Stub.Bucket().Objects.Keys);
    }

    [Fact]
    public async Task A_bucket_that_encrypts_by_a_key_management_service_names_the_setting()
    {
        Stub.Options = Stub.Options with { KmsByDefault = true };
        var root = StubDestinations.CreateRoot(StubDestinations.Config(Stub), StubDestinations.Limits);
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => root.InitializeAsync(Token));
        Assert.Equal(ErrorCatalog.DestinationUnverified, refused.Error);
        Assert.Contains("Set serverSideEncryption to \"kms\"", refused.Hint, StringComparison.Ordinal);

        await using var destination = await StubDestinations.OpenAsync(
            StubDestinations.Config(Stub) with
            {
                Encryption = Holdfast.Destinations.S3.Settings.ServerSideEncryption.Kms,
            }
        );
        await destination.ProbeAsync(deletes: true, Token);
    }

    [Fact]
    public async Task Of_a_store_like_AWS_only_the_mode_is_said()
    {
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub, mode: S3Mode.Aws));
        var probe = await destination.ProbeAsync(deletes: true, Token);
        Assert.Equal(["Mode aws, conditional uploads, deletion in batches."], probe.Notes);
        Assert.True(probe.Capabilities.ConditionalPut && probe.Capabilities.ConditionalComplete);
    }
}
